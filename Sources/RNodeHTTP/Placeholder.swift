// RNodeHTTP
