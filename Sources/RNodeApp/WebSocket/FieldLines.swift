internal import HTTPTypes

/// A request's fields as one run of bytes, made into `HTTPFields` when they are asked for.
///
/// For what is kept as long as a connection lives and seldom read: `HTTPFields` of a browser's handshake take some
/// kilobytes, their bytes some hundreds.
struct FieldLines: Sendable {
    /// `name:value` and a line feed for each, which neither a name nor a value can hold.
    private let bytes: [UInt8]

    /// The fields of `head`, copied. Apart from the handshake, which is audited for traps.
    @inline(never)
    init(_ head: borrowing RequestHead) {
        var lines = ByteBuffer()
        head.forEachField { name, value in
            lines.append(name)
            lines.append(UInt8(ascii: ":"))
            lines.append(value)
            lines.append(UInt8(ascii: "\n"))
        }
        bytes = lines.copied()
    }

    /// None.
    init() { bytes = [] }

    /// The fields, in the order received.
    var fields: HTTPFields {
        var fields = HTTPFields()
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let end = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            // The parser let tokens through only.
            guard let name = HTTPField.Name(String(decoding: line[..<end], as: UTF8.self)) else {
                continue
            }
            fields.append(HTTPField(name: name, value: Array(line[end...].dropFirst())))
        }
        return fields
    }
}
