/// The byte classes of RFC 9110 section 5 and RFC 3986, as 128-bit sets.
enum FieldSyntax {
    /// Whether `byte` may stand in a token: `tchar`.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        contains(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// Whether `byte` may stand in a path. What browsers send there unescaped (`|`, `[`, `]`) may.
    static func isPathByte(_ byte: UInt8) -> Bool {
        contains(byte, 0x2FFF_FFF2_0000_0000, 0x57FF_FFFE_AFFF_FFFF)
    }

    /// Whether `byte` may stand in a query: anything printable but `"`, `#`, `<`, `>`.
    static func isQueryByte(_ byte: UInt8) -> Bool {
        contains(byte, 0xAFFF_FFF2_0000_0000, 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// Whether `byte` may stand in a registered name or an IPv4 address.
    static func isHostByte(_ byte: UInt8) -> Bool {
        contains(byte, 0x2BFF_7FF2_0000_0000, 0x47FF_FFFE_87FF_FFFE)
    }

    /// Whether `byte` may stand in a field's value: anything but a control, and HTAB.
    static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == 0x09
    }

    /// Whether all of `bytes` make a token, which is not empty.
    static func isToken(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !isTokenByte(bytes[index]) { return false }
        return !bytes.isEmpty
    }

    /// Whether `bytes` can be sent as a field's value.
    static func isValue(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !isValueByte(bytes[index]) { return false }
        return true
    }

    @inline(__always)
    private static func contains(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        // A smart shift by 0...63; bytes from 128 on are in no class.
        byte < 128 && (byte < 64 ? low : high) &>> UInt64(byte) & 1 == 1
    }
}
