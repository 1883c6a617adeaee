// The public API of this module takes and gives buffers and instants: who imports it has them.
@_exported public import RNodeBytes
