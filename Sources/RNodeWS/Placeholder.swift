// RNodeWS
