/// The fields of a request or an answer that matter to the opening handshake.
///
/// Give it every field line in order; those it does not know are ignored. Several lines of a
/// list field are joined, a second line of a single field makes it invalid. The HTTP layer bounds
/// the size of what is kept here.
///
/// ```swift
/// var fields = HandshakeFields()
/// fields.receive("Sec-WebSocket-Version", "13")
/// ```
public struct HandshakeFields: Sendable {
    /// A field that may occur once.
    enum Single: Sendable {
        case absent
        case value([UInt8])
        case repeated
    }

    private(set) var upgrade: [UInt8] = []
    private(set) var connection: [UInt8] = []
    private(set) var key = Single.absent
    private(set) var accept = Single.absent
    private(set) var version = Single.absent
    private(set) var subprotocols: [UInt8]?
    private(set) var extensions: [UInt8]?

    /// No fields yet.
    public init() {}

    /// Takes one field line.
    public mutating func receive(_ name: String, _ value: String) {
        receive(name.utf8Span.span, value.utf8Span.span)
    }

    /// Takes one field line, as the bytes that came.
    public mutating func receive(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        if name.isEqualIgnoringCase(to: "upgrade") {
            Self.join(&upgrade, value)
        } else if name.isEqualIgnoringCase(to: "connection") {
            Self.join(&connection, value)
        } else if name.count > 14 {
            receiveOwn(name, value)
        }
    }

    private mutating func receiveOwn(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        if name.isEqualIgnoringCase(to: "sec-websocket-key") {
            Self.set(&key, value)
        } else if name.isEqualIgnoringCase(to: "sec-websocket-accept") {
            Self.set(&accept, value)
        } else if name.isEqualIgnoringCase(to: "sec-websocket-version") {
            Self.set(&version, value)
        } else if name.isEqualIgnoringCase(to: "sec-websocket-protocol") {
            Self.join(&subprotocols, value)
        } else if name.isEqualIgnoringCase(to: "sec-websocket-extensions") {
            Self.join(&extensions, value)
        }
    }

    private static func set(_ field: inout Single, _ value: Span<UInt8>) {
        guard case .absent = field else { return field = .repeated }
        field = .value(FieldScanner.trimmed(value))
    }

    private static func join(_ list: inout [UInt8], _ value: Span<UInt8>) {
        if !list.isEmpty { list.append(UInt8(ascii: ",")) }
        list.append(contentsOf: value.copied())
    }

    private static func join(_ list: inout [UInt8]?, _ value: Span<UInt8>) {
        var joined = list ?? []
        join(&joined, value)
        list = joined
    }
}
