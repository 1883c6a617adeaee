// RNodeRooms
