@testable import RNodeWS

/// The fields of a handshake, one a line: what is agreed on is what was offered, and the client agrees.
@Sendable func fuzzHandshake(_ input: Span<UInt8>) throws(Finding) {
    var fields = HandshakeFields()
    for line in input.copied().split(separator: 0x0A).prefix(64) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        fields.receive(Array(line[..<colon]).span, Array(line[colon...].dropFirst()).span)
    }
    try checkServer(fields)
    try checkClient(fields)
}

private func checkServer(_ fields: HandshakeFields) throws(Finding) {
    var limits = WebSocketLimits()
    limits.offersMax = 4
    let handshake: Handshake
    let answer: HandshakeAnswer
    do throws(HandshakeError) {
        handshake = try Handshake(fields, limits: limits)
        answer = try handshake.answer(
            subprotocol: handshake.subprotocols.last, extension: handshake.extensions.last)
    } catch {
        return try require(error != .choiceNotOffered, "what was offered was refused")
    }
    try checkOffers(handshake, limits)
    try checkAnswer(answer, handshake)
}

private func checkOffers(_ handshake: Handshake, _ limits: WebSocketLimits) throws(Finding) {
    let names = handshake.subprotocols
    try require(names.count <= limits.offersMax, "\(names.count) subprotocols")
    try require(handshake.extensions.count <= limits.offersMax, "too many extensions")
    try requireEqual(Set(names).count, names.count, "subprotocols twice")
    try require(names.allSatisfy(FieldScanner.isToken), "subprotocols \(names)")
    for offer in handshake.extensions {
        try require(FieldScanner.isToken(offer.name), "extension \(offer.name)")
        try require(offer.parameters.allSatisfy(\.isToken), "parameters of \(offer)")
        let again = FieldScanner.extensions(Array(offer.fieldValue.utf8), max: 2)
        try requireEqual(again, [offer], "written and read again")
    }
}

/// The answer is four lines at most, none of them broken, and the client that offered this takes it.
private func checkAnswer(_ answer: HandshakeAnswer, _ handshake: Handshake) throws(Finding) {
    var seen = HandshakeFields()
    for field in answer.fields {
        let isPlain = (field.name + field.value).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        try require(isPlain, "\(field) would break the head")
        seen.receive(field.name, field.value)
    }
    let offer = HandshakeOffer(
        nonce: InlineArray(repeating: 7), subprotocols: handshake.subprotocols,
        extensions: handshake.extensions)
    let isOurs = answer.accept == Handshake.accept(key: offer.key.utf8Span.span)
    let agreement = try? offer.check(status: 101, seen)
    try requireEqual(agreement != nil, isOurs, "the client takes the answer to its own key only")
}

/// Any fields as an answer: refused, or what was offered.
private func checkClient(_ fields: HandshakeFields) throws(Finding) {
    let offer = HandshakeOffer(
        nonce: InlineArray(repeating: 0), subprotocols: ["chat", "superchat"],
        extensions: [ExtensionOffer("permessage-deflate")])
    guard let agreement = try? offer.check(status: 101, fields) else { return }
    if let chosen = agreement.subprotocol {
        try require(offer.subprotocols.contains(chosen), "subprotocol \(chosen)")
    }
    let names = agreement.extensions.map(\.name)
    try require(names.allSatisfy { $0 == "permessage-deflate" }, "extensions \(names)")
}
