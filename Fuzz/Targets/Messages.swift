@testable import RNodeWS

/// Messages in well-formed frames: the message comes out as it went in, and a text fails at its first wrong byte.
@Sendable func fuzzMessages(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let place = choices.word(input)
    let kind: MessageKind = settings & 1 == 0 ? .text : .binary
    let sent = SentMessage(input, &choices, kind)
    let wrong = kind == .text ? firstWrongByte(sent.payload) : nil
    try checkValidator(sent.payload, splitAt: place, firstWrongByte(sent.payload))

    let expected: [FrameTranscript.Event]
    switch wrong {
    case nil: expected = sent.pings + [.message(kind, sent.payload)]
    case let wrong?:
        // Pings between the fragments before the wrong one are answered still.
        let before = sent.pingPlaces.count { $0 <= wrong }
        expected = sent.pings.prefix(before) + [.failed(.invalidUTF8)]
    }
    let arrivals = Arrivals(sent.frames.count, splitAt: place)
    for pieces in [arrivals.whole, arrivals.split, arrivals.single] {
        let found = try FrameTranscript(sent.frames.span, pieces, server())
        try requireEqual(found.events, expected, "in \(pieces.count) pieces")
        if pieces.count == sent.frames.count, let wrong, wrong < sent.payload.count {
            try requireEqual(found.failedBy, sent.places[wrong] + 1, "failed at the wrong byte")
        }
    }
    if wrong == nil { try checkEcho(kind, sent.payload) }
}

private func server() -> WebSocketSession {
    WebSocketSession(role: .server, now: MonotonicInstant(nanoseconds: 1))
}

/// A message in fragments, with pings between them.
private struct SentMessage {
    private(set) var payload: [UInt8] = []
    private(set) var frames: [UInt8] = []
    /// Where each byte of the payload is in `frames`.
    private(set) var places: [Int] = []
    private(set) var pings: [FrameTranscript.Event] = []
    /// How many bytes of payload came before each ping.
    private(set) var pingPlaces: [Int] = []

    init(_ input: Span<UInt8>, _ choices: inout Choices, _ kind: MessageKind) {
        var opcode = kind.opcode
        var isFinal = false
        while !isFinal {
            let shape = choices.byte(input)
            // Fragments of any length; those of 127 take what is left of the input.
            let wanted = shape & 0x7F == 0x7F ? input.count : Int(shape & 0x7F)
            let fragment = choices.bytes(wanted, input)
            isFinal = choices.isAtEnd(input) || frames.count > 5_000
            append(opcode, fragment, isFinal)
            opcode = .continuation
            if !isFinal, shape & 0x80 != 0 { appendPing(shape) }
        }
    }

    private mutating func append(_ opcode: Opcode, _ fragment: [UInt8], _ isFinal: Bool) {
        let head = encode(opcode, fragment, isFinal) - fragment.count
        places += (0..<fragment.count).map { head + $0 }
        payload += fragment
    }

    private mutating func appendPing(_ shape: UInt8) {
        _ = encode(.ping, [shape, 0xFF], true)
        pings.append(.ping([shape, 0xFF]))
        pingPlaces.append(payload.count)
    }

    /// Returns where the frame ends.
    private mutating func encode(_ opcode: Opcode, _ bytes: [UInt8], _ isFinal: Bool) -> Int {
        var frame = ByteBuffer()
        FrameEncoder.encode(
            opcode, bytes.span, isFinal: isFinal,
            maskingKey: 0x9E37_79B9 &* UInt32(truncatingIfNeeded: frames.count + 1), into: &frame)
        frames += frame.copied()
        return frames.count
    }
}

/// The place of the first byte that no UTF-8 text has there, the text's length when its last character is cut short,
/// or nil. By the standard library, which knows nothing of ours.
private func firstWrongByte(_ bytes: [UInt8]) -> Int? {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var place = 0
    while true {
        switch parser.parseScalar(from: &rest) {
        case .valid(let scalar): place += scalar.count
        case .emptyInput: return nil
        case .error(let length):
            let isLead = (0xC2...0xF4).contains(bytes[place])
            return isLead ? place + length : place
        }
    }
}

private func checkValidator(
    _ bytes: [UInt8], splitAt place: Int, _ wrong: Int?
) throws(Finding) {
    try requireEqual(
        UTF8Validator.isValid(bytes.span, in: 0..<bytes.count), wrong == nil, "whole")
    var single = UTF8Validator()
    let fails = bytes.indices.first { !single.update(bytes.span, in: $0..<($0 + 1)) }
    let isCut = wrong == bytes.count
    try requireEqual(fails, isCut ? nil : wrong, "byte by byte")
    if fails == nil { try requireEqual(single.isComplete, wrong == nil, "complete") }
    var split = UTF8Validator()
    let middle = place % (bytes.count + 1)
    let isRight =
        split.update(bytes.span, in: 0..<middle)
        && split.update(bytes.span, in: middle..<bytes.count)
    try requireEqual(isRight, fails == nil, "split at \(middle)")
    if isRight { try requireEqual(split.isComplete, wrong == nil, "complete, split") }
}

/// What the server sends, the client reads.
private func checkEcho(_ kind: MessageKind, _ payload: [UInt8]) throws(Finding) {
    var output = ByteBuffer()
    var session = server()
    session.send(kind, payload.span, into: &output)
    let client = WebSocketSession(role: .client, now: MonotonicInstant(nanoseconds: 1))
    let bytes = output.copied()
    let found = try FrameTranscript(bytes.span, [0..<bytes.count], client)
    try requireEqual(found.events, [.message(kind, payload)], "sent")
}
