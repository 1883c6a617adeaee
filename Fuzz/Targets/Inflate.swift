@testable import RNodeWS

/// Offers of permessage-deflate, and what an agreed connection makes of compressed bytes: the answer asks for no more
/// than was offered, a message never grows beyond its limit, and it is the same however it came.
@Sendable func fuzzInflate(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let place = choices.word(input)
    let offers = FieldScanner.extensions(
        choices.bytes(Int(choices.byte(input)), input), max: 16)
    let payload = input.extracting(choices.offset..<input.count).copied()
    var options = DeflateOptions()
    options.minimumBytes = 0
    options.serverKeepsContext = settings & 1 != 0
    options.clientKeepsContext = settings & 2 != 0
    options.serverWindowBitsMax = 9 + Int(settings >> 2) % 7
    let streams = DeflateStreams()
    guard let agreed = PerMessageDeflate.accepting(offers ?? [], options, streams) else { return }
    try checkAnswer(agreed.answer, offers ?? [], options)

    let frames = compressedFrames(payload, isText: settings & 0x80 != 0)
    let arrivals = Arrivals(frames.count, splitAt: place)
    var transcripts: [FrameTranscript] = []
    for pieces in [arrivals.whole, arrivals.split, arrivals.single] {
        let side = PerMessageDeflate.accepting(offers ?? [], options, streams)
        let found = try FrameTranscript(frames.span, pieces, session(side))
        for case .message(_, let bytes) in found.events {
            try require(bytes.count <= bytesMax, "message of \(bytes.count)")
        }
        transcripts.append(found)
    }
    if !refersTooFar(transcripts, agreed.parameters) {
        try requireEqual(transcripts[0], transcripts[1], "whole and split at \(place)")
        try requireEqual(transcripts[0], transcripts[2], "whole and byte by byte")
    }
    // zlib itself can't deflate with a window of 8 bits, so nobody here can be that client.
    guard agreed.parameters.clientWindowBits > 8 else { return }
    try checkRoundTrip(payload, agreed, options, streams)
}

/// Whether a client may have referred further back than the window it agreed to (RFC 7692 §7.2.1 forbids it). zlib follows such
/// a reference as long as the bytes are still in what one call has written, and refuses it later: so this one error, and
/// only with a small window of the connection's own, depends on how the message came.
private func refersTooFar(
    _ transcripts: [FrameTranscript], _ parameters: DeflateParameters
) -> Bool {
    parameters.clientKeepsContext && parameters.clientWindowBits < 15
        && transcripts.contains { $0.events.contains(.failed(.extensionPayloadInvalid)) }
}

private let bytesMax = 20_000

private func session(_ side: PerMessageDeflate?) -> WebSocketSession {
    var limits = WebSocketLimits()
    limits.messageBytesMax = bytesMax
    return WebSocketSession(
        role: .server, limits: limits, extension: side, now: MonotonicInstant(nanoseconds: 1))
}

/// RFC 7692 section 7.1: what was accepted was offered, in values that were allowed.
private func checkAnswer(
    _ answer: ExtensionOffer, _ offers: [ExtensionOffer], _ options: DeflateOptions
) throws(Finding) {
    try requireEqual(answer.name, "permessage-deflate", "name")
    try requireEqual(
        FieldScanner.extensions(Array(answer.fieldValue.utf8), max: 2), [answer], "read again")
    let isAgreed = offers.contains { offer in
        guard offer.name == answer.name else { return false }
        return answer.parameters.allSatisfy { isAllowed($0, offer) }
    }
    try require(isAgreed, "\(answer) for \(offers)")
}

private func isAllowed(
    _ parameter: ExtensionOffer.Parameter, _ offer: ExtensionOffer
) -> Bool {
    let offered = offer.parameters.first { $0.name == parameter.name }
    let bits = parameter.value.flatMap { Int($0) } ?? 0
    let most = offered?.value.flatMap { Int($0) } ?? 15
    switch parameter.name {
    case "server_no_context_takeover", "client_no_context_takeover": return parameter.value == nil
    case "server_max_window_bits": return (9...15).contains(bits) && bits <= most
    case "client_max_window_bits":
        return offered != nil && (8...15).contains(bits) && bits <= most
    default: return false
    }
}

/// A message with RSV1 in two frames, with a ping between them.
private func compressedFrames(_ payload: [UInt8], isText: Bool) -> [UInt8] {
    let middle = payload.count / 2
    var frames = ByteBuffer()
    FrameEncoder.encode(
        isText ? .text : .binary, Array(payload[..<middle]).span, isFinal: false,
        isExtended: true, maskingKey: 0x1234_5678, into: &frames)
    FrameEncoder.encode(.ping, Span(), maskingKey: 1, into: &frames)
    FrameEncoder.encode(
        .continuation, Array(payload[middle...]).span, maskingKey: 0x8765_4321, into: &frames)
    return frames.copied()
}

/// What one side deflates the other inflates, also when the second message refers to the first.
private func checkRoundTrip(
    _ message: [UInt8], _ agreed: PerMessageDeflate, _ options: DeflateOptions,
    _ streams: DeflateStreams
) throws(Finding) {
    guard
        let client = PerMessageDeflate(.client, agreed.parameters, options, streams)
    else { throw Finding(description: "no client for \(agreed.answer)") }
    for _ in 0..<2 {
        for (from, to) in [(client, agreed), (agreed, client)] {
            var packed = ByteBuffer()
            guard from.encode(.binary, message.span, into: &packed) else { continue }
            var again = ByteBuffer()
            do throws(WebSocketError) {
                try packed.withSpan { (bytes: Span<UInt8>) throws(WebSocketError) in
                    try to.decode(
                        bytes, endOfMessage: true, bytesMax: message.count, into: &again)
                }
            } catch {
                throw Finding(description: "the other side refuses: \(error)")
            }
            try requireEqual(again.copied(), message, "deflated and inflated")
        }
    }
}
