@testable import RNodeWS

/// A stream of frames as it comes: however it is split, the same is found in it, within the limits.
@Sendable func fuzzFrames(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let place = choices.word(input)
    let bytes = input.extracting(choices.offset..<input.count)
    let arrivals = Arrivals(bytes.count, splitAt: place)
    let whole = try FrameTranscript(bytes, arrivals.whole, session(settings))
    let split = try FrameTranscript(bytes, arrivals.split, session(settings))
    try requireEqual(whole, split, "whole and split at \(arrivals.split[0].upperBound)")
    let single = try FrameTranscript(bytes, arrivals.single, session(settings))
    try requireEqual(whole, single, "whole and byte by byte")
    for event in whole.events { try check(event, settings) }
    try checkHeader(bytes, settings)
}

private func limits(_ settings: UInt8) -> WebSocketLimits {
    var limits = WebSocketLimits()
    if settings & 1 != 0 {
        limits.messageBytesMax = 200
        limits.frameBytesMax = 150
        limits.fragmentsMax = 3
    }
    return limits
}

private func session(_ settings: UInt8) -> WebSocketSession {
    let now = MonotonicInstant(nanoseconds: 1)
    var session = WebSocketSession(
        role: settings & 2 == 0 ? .server : .client, limits: limits(settings), now: now)
    if settings & 4 != 0 {
        var output = ByteBuffer()
        session.sendClose(.goingAway, now: now, into: &output)
    }
    return session
}

/// What holds for each thing that was reported.
private func check(_ event: FrameTranscript.Event, _ settings: UInt8) throws(Finding) {
    switch event {
    case .message(let kind, let bytes):
        try require(bytes.count <= limits(settings).messageBytesMax, "message of \(bytes.count)")
        let isText = kind == .binary || String(validating: bytes, as: UTF8.self) != nil
        try require(isText, "a text that is none")
    case .ping(let bytes), .pong(let bytes):
        try require(bytes.count <= 125, "control frame of \(bytes.count)")
    case .close(let code, let reason):
        try require(reason.count <= 123, "reason of \(reason.count)")
        try require(String(validating: reason, as: UTF8.self) != nil, "a reason that is none")
        if let code {
            let isKnown =
                (1000...1003).contains(code.rawValue) || (1007...1014).contains(code.rawValue)
                || (3000...4999).contains(code.rawValue)
            try require(isKnown, "close code \(code.rawValue)")
        }
    case .failed(let error):
        try require(error != .internalInvariant, "an invariant broke")
    }
}

/// A header is decoded from its own bytes, not from one less; an error stays an error.
private func checkHeader(_ bytes: Span<UInt8>, _ settings: UInt8) throws(Finding) {
    let decoder = FrameDecoder(
        role: settings & 2 == 0 ? .server : .client, allowsExtended: settings & 8 != 0,
        payloadBytesMax: limits(settings).messageBytesMax)
    let outcome = decoder.decode(bytes)
    for count in 0..<min(bytes.count, 15) {
        let early = decoder.decode(bytes.extracting(0..<count))
        if early != .needMore { try requireEqual(early, outcome, "header of \(count) bytes") }
    }
    guard case .header(let header) = outcome else { return }
    try require((2...14).contains(header.byteCount), "header of \(header.byteCount)")
    let short = decoder.decode(bytes.extracting(0..<(header.byteCount - 1)))
    try requireEqual(short, .needMore, "header without its last byte")
    try require(header.payloadCount <= decoder.payloadBytesMax, "payload \(header.payloadCount)")
    guard header.payloadCount < 70_000 else { return }
    var written = ByteBuffer()
    let payload = [UInt8](repeating: 0, count: header.payloadCount)
    FrameEncoder.encode(
        header.opcode, payload.span, isFinal: header.isFinal, isExtended: header.isExtended,
        maskingKey: header.maskingKey, into: &written)
    let again = Array(written.copied().prefix(header.byteCount))
    try requireEqual(again, bytes.extracting(0..<header.byteCount).copied(), "header again")
}
