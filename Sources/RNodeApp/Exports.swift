// The facade's API speaks in these: fields and statuses, buffers, limits, rooms' seams.
@_exported public import HTTPTypes
@_exported public import RNodeHTTP
@_exported public import RNodeIO
@_exported public import RNodeRooms
@_exported public import RNodeWS
