import RNodeBytes

/// The searches, 32 bytes or eight a step, against one byte at a time, from any place of any bytes.
@Sendable func fuzzSearch(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let place = choices.word(input)
    let wanted = choices.byte(input)
    let bytes = input.extracting(choices.offset..<input.count)
    let start = place % (bytes.count + 2)

    try requireEqual(
        bytes.firstIndex(of: wanted, from: start), first(bytes, start) { $0 == wanted },
        "\(wanted) from \(start)")
    try requireEqual(
        bytes.firstControl(from: start),
        first(bytes, start) { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }, "control from \(start)")
    try requireEqual(
        bytes.firstSymbol(from: start) { $0 != wanted },
        first(bytes, start) { !isNameByte($0) && $0 != wanted }, "symbol from \(start)")
    try requireEqual(
        bytes.firstInJSONString(from: start),
        first(bytes, start) { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") },
        "end of plain text from \(start)")
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        true
    default: false
    }
}

private func first(
    _ bytes: Span<UInt8>, _ start: Int, where isWanted: (UInt8) -> Bool
) -> Int? {
    for index in bytes.indices.dropFirst(start) where isWanted(bytes[index]) { return index }
    return nil
}
