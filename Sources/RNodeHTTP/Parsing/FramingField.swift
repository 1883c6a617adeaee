/// The fields that say how a request is framed, where it goes, and what becomes of its connection.
enum FramingField {
    case host, expect, upgrade, connection, contentLength, transferEncoding

    /// The field whose name, a token, is at `name` in `bytes`, compared without case; nil for any other.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ name: Range<Int>) {
        // A letter without its bit 0x20 is upper-case; no other byte of a token becomes a letter that way, and of
        // what becomes 0x0D only `-` is one.
        let first = bytes.number(name) & 0xDFDF_DFDF_DFDF_DFDF
        switch name.count {
        case 4 where first == 0x484F_5354: self = .host
        case 6 where first == 0x4558_5045_4354: self = .expect
        case 7 where first == 0x55_5047_5241_4445: self = .upgrade
        case 10 where first == 0x434F_4E4E_4543_5449 && Self.ends(bytes, name, "on"):
            self = .connection
        case 14 where first == 0x434F_4E54_454E_540D && Self.ends(bytes, name, "length"):
            self = .contentLength
        case 17 where first == 0x5452_414E_5346_4552 && Self.ends(bytes, name, "-encoding"):
            self = .transferEncoding
        default: return nil
        }
    }

    /// Whether what follows the first eight bytes is `rest`.
    private static func ends(
        _ bytes: Span<UInt8>, _ name: Range<Int>, _ rest: StaticString
    ) -> Bool {
        bytes.extracting(name).extracting(droppingFirst: 8).isEqualIgnoringCase(to: rest)
    }
}
