internal import HTTPTypes

/// A request's fields as one run of bytes, made into `HTTPFields` when they are asked for.
///
/// For what is kept as long as a connection lives and seldom read: `HTTPFields` of a browser's handshake take some
/// kilobytes, their bytes some hundreds.
struct FieldLines: Sendable {
    /// `name:value` and a line feed for each, which neither a name nor a value can hold.
    private let bytes: [UInt8]

    /// The fields of `head`, copied.
    init(_ head: borrowing RequestHead) {
        var count = 0
        head.forEachField { count += $0.count + $1.count + 2 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        head.forEachField { name, value in
            for index in name.indices { bytes.append(name[index]) }
            bytes.append(UInt8(ascii: ":"))
            for index in value.indices { bytes.append(value[index]) }
            bytes.append(UInt8(ascii: "\n"))
        }
        self.bytes = bytes
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
