// RNodeApp
