// This module's public API speaks in bytes, spans and instants: whoever imports it gets them.
@_exported public import RNodeBytes
