// RNodeTesting
