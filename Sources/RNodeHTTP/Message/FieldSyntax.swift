/// For each byte the classes it is in: 1 token, 2 path, 4 query, 8 host, 16 value.
///
/// A test compares the table with the sets of the RFCs, spelled out.
private let classes: InlineArray<256, UInt8> = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    16, 31, 16, 17, 31, 31, 31, 31, 30, 30, 31, 31, 30, 31, 31, 22,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 22, 30, 16, 30, 16, 20,
    22, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 22, 20, 22, 21, 31,
    21, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 20, 23, 20, 31, 0,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16,
]

/// The byte classes of RFC 9110 section 5 and RFC 3986. Letters and digits are in all of them, so searches look at symbols only.
enum FieldSyntax {
    /// Whether `byte` may stand in a token: `tchar`.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        classes[Int(byte)] & 1 != 0
    }

    /// Whether `byte` may stand in a path. What browsers send there unescaped (`|`, `[`, `]`) may.
    static func isPathByte(_ byte: UInt8) -> Bool {
        classes[Int(byte)] & 2 != 0
    }

    /// Whether `byte` may stand in a query: anything printable but `"`, `#`, `<`, `>`.
    static func isQueryByte(_ byte: UInt8) -> Bool {
        classes[Int(byte)] & 4 != 0
    }

    /// Whether `byte` may stand in a registered name or an IPv4 address.
    static func isHostByte(_ byte: UInt8) -> Bool {
        classes[Int(byte)] & 8 != 0
    }

    /// Whether `byte` may stand in a field's value: anything but a control, and HTAB.
    static func isValueByte(_ byte: UInt8) -> Bool {
        classes[Int(byte)] & 16 != 0
    }

    /// The place of the first byte at or after `start` that is no token's, or the end.
    @inline(__always)
    static func tokenEnd(_ bytes: Span<UInt8>, from start: Int = 0) -> Int {
        bytes.firstSymbol(from: start) { !isTokenByte($0) } ?? bytes.count
    }

    /// Whether all of `bytes` make a token, which is not empty.
    static func isToken(_ bytes: Span<UInt8>) -> Bool {
        !bytes.isEmpty && tokenEnd(bytes) == bytes.count
    }

    /// Whether `bytes` can be sent as a field's value.
    static func isValue(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !isValueByte(bytes[index]) { return false }
        return true
    }
}
