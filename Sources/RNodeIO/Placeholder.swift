// RNodeIO
