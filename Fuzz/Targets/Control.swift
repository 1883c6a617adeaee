@testable import RNodeApp
internal import RNodeBytes

/// A text as a control message and as a JSON body: places inside the text, values that stand alone, escapes that
/// survive being undone and made again.
@Sendable func fuzzControl(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let text = input.extracting(choices.offset..<input.count)
    var limits = JSONLimits()
    if settings & 1 != 0 {
        limits.depthMax = 3
        limits.keysMax = 3
        limits.numberDigitsMax = 4
    }
    try checkBody(text, limits)
    guard String(validating: text.copied(), as: UTF8.self) != nil else { return }
    try checkControl(text, limits)
    try checkString(text)
}

private func checkBody(_ text: Span<UInt8>, _ limits: JSONLimits) throws(Finding) {
    guard let value = try? JSONScanner.check(body: text, limits: limits) else { return }
    try checkValue(value, text)
    // Within the small limits it is within the great ones.
    try require(JSONScanner.isOneValue(text, limits: JSONLimits()), "limits that refuse less")
    try require(depth(of: text) <= limits.depthMax, "depth \(depth(of: text))")
    // One value, and not two, nor a value with its end cut off.
    let content = text.extracting(value.range).copied()
    if value.form != .number {
        let short = Array(content.dropLast())
        try require(!JSONScanner.isOneValue(short.span, limits: limits), "cut short")
    }
    try require(!JSONScanner.isOneValue((content + [0x2C]).span, limits: limits), "comma")
}

private func depth(of text: Span<UInt8>) -> Int {
    var depth = 0
    var deepest = 0
    var isInString = false
    var isEscaped = false
    for index in text.indices {
        let byte = text[index]
        if isInString {
            if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            continue
        }
        if byte == UInt8(ascii: "\"") { isInString = true }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
        if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
        deepest = max(deepest, depth)
    }
    return deepest
}

private func checkValue(_ value: JSONValue, _ text: Span<UInt8>) throws(Finding) {
    try require(!value.range.isEmpty && value.range.upperBound <= text.count, "\(value.range)")
    let own = text.extracting(value.range)
    let alone = try? JSONScanner.check(body: own, limits: JSONLimits())
    try require(
        alone?.form == value.form && alone?.range == 0..<own.count, "alone: \(own.copied())")
}

private func checkControl(_ text: Span<UInt8>, _ limits: JSONLimits) throws(Finding) {
    let message = ControlMessage.scan(text, limits: limits)
    for value in [
        message.type, message.id, message.roomID, message.targetClientID, message.message,
        message.data,
    ] {
        if let value { try checkValue(value, text) }
    }
    if message.kind != .ordinary {
        try require(
            JSONScanner.isOneValue(text, limits: JSONLimits()), "a control message that is no JSON")
    } else {
        try require(message.fault == nil, "a fault of an ordinary text")
    }
    if let id = message.id(in: text) {
        try require((1...MessageID.byteCountMax).contains(id.count), "id of \(id.count)")
    }
    guard message.fault == nil else { return }
    _ = message.roomID(in: text)
    if message.kind == .directMessage {
        let target = message.targetClientID(in: text)
        try require(target?.isEmpty == false, "target \(target ?? "nil")")
    }
}

/// Text, quoted as JSON, is one string that says the text again.
private func checkString(_ text: Span<UInt8>) throws(Finding) {
    var quoted = ByteBuffer()
    quoted.append(UInt8(ascii: "\""))
    JSONString.append(escaping: text, to: &quoted)
    quoted.append(UInt8(ascii: "\""))
    let bytes = quoted.copied()
    let value = try? JSONScanner.check(body: bytes.span, limits: JSONLimits())
    try require(value?.isString == true && value?.range == 0..<bytes.count, "quoted: \(bytes)")
    try requireEqual(JSONString.content(of: bytes.span), text.copied(), "quoted and unquoted")
}
