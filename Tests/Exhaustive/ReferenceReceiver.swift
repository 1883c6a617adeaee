/// A receiver of frames as RFC 6455 §5 describes it, as slowly and plainly as can be: it keeps all it was sent, and
/// reads it from the beginning each time. Nothing of `RNodeWS` is in it.
struct ReferenceReceiver {
    var isServer = true
    /// Whether RSV1 means an extension that leaves payloads as they are.
    var hasExtension = false
    var payloadMax: UInt64 = 1 << 20
    /// The message whose first frames came before: whether it is text, and its bytes so far.
    var unfinished: (isText: Bool, bytes: [UInt8])?
    /// Nothing that comes counts any more.
    var isDeaf = false

    private struct Header {
        var isFinal: Bool
        var opcode: UInt8
        var count: Int
        var length: UInt64
        var key: [UInt8]
    }

    /// What is wrong with a header, or that it is not whole.
    private enum Trouble: Error {
        case incomplete
        case failed(UInt16)
    }

    /// All that is found in `stream`.
    func findings(in stream: [UInt8]) -> [Finding] {
        guard !isDeaf else { return [] }
        var findings: [Finding] = []
        var message = unfinished
        var rest = stream[...]
        while true {
            do throws(Trouble) {
                let header = try header(Array(rest))
                try judgeOrder(header, message != nil)
                rest = rest.dropFirst(header.count)
                let payload = unmasked(rest.prefix(Int(header.length)), header.key)
                let isWhole = UInt64(payload.count) == header.length
                if header.opcode >= 8 {
                    guard isWhole else { throw .incomplete }
                    let finding = try control(header.opcode, payload)
                    findings.append(finding)
                    if case .close = finding { return findings }
                } else {
                    message = try extended(message, header, payload, isWhole)
                    guard isWhole else { throw .incomplete }
                    if header.isFinal, let whole = message {
                        findings.append(.message(isText: whole.isText, whole.bytes))
                        message = nil
                    }
                }
                rest = rest.dropFirst(payload.count)
            } catch {
                if case .failed(let code) = error { findings.append(.failed(code)) }
                return findings
            }
        }
    }

    private func header(_ bytes: [UInt8]) throws(Trouble) -> Header {
        guard let first = bytes.first else { throw .incomplete }
        let opcode = first % 16
        guard [0, 1, 2, 8, 9, 10].contains(opcode) else { throw .failed(1002) }
        let reserved = first / 16 % 8
        guard reserved == 0 || (reserved == 4 && hasExtension && (opcode == 1 || opcode == 2))
        else { throw .failed(1002) }
        let isFinal = first >= 128
        if opcode >= 8, !isFinal { throw .failed(1002) }
        guard bytes.count > 1 else { throw .incomplete }
        let isMasked = bytes[1] >= 128
        if isMasked != isServer { throw .failed(1002) }
        let short = bytes[1] % 128
        if opcode >= 8, short > 125 { throw .failed(1002) }
        let lengthCount = short == 126 ? 2 : short == 127 ? 8 : 0
        if lengthCount == 8, bytes.count > 2, bytes[2] >= 128 { throw .failed(1002) }
        guard bytes.count >= 2 + lengthCount else { throw .incomplete }
        let length =
            lengthCount == 0
            ? UInt64(short) : bytes[2..<(2 + lengthCount)].reduce(0) { $0 * 256 + UInt64($1) }
        if lengthCount == 2, length < 126 { throw .failed(1002) }
        if lengthCount == 8, length < 65_536 { throw .failed(1002) }
        if length > payloadMax { throw .failed(1009) }
        let count = 2 + lengthCount + (isMasked ? 4 : 0)
        guard bytes.count >= count else { throw .incomplete }
        return Header(
            isFinal: isFinal, opcode: opcode, count: count, length: length,
            key: isMasked ? Array(bytes[(count - 4)..<count]) : [0, 0, 0, 0])
    }

    private func judgeOrder(_ header: Header, _ isInside: Bool) throws(Trouble) {
        if header.opcode == 0, !isInside { throw .failed(1002) }
        if (1...2).contains(header.opcode), isInside { throw .failed(1002) }
    }

    private func unmasked(_ bytes: ArraySlice<UInt8>, _ key: [UInt8]) -> [UInt8] {
        bytes.enumerated().map { $1 ^ key[$0 % 4] }
    }

    private func control(_ opcode: UInt8, _ payload: [UInt8]) throws(Trouble) -> Finding {
        if opcode == 9 { return .ping(payload) }
        if opcode == 10 { return .pong(payload) }
        if payload.isEmpty { return .close(nil, []) }
        guard payload.count > 1 else { throw .failed(1002) }
        let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
        guard CloseCodes.isDefined(code) else { throw .failed(1002) }
        let reason = Array(payload.dropFirst(2))
        guard ReferenceText(reason).isWhole else { throw .failed(1007) }
        return .close(code, reason)
    }

    private func extended(
        _ message: (isText: Bool, bytes: [UInt8])?, _ header: Header, _ payload: [UInt8],
        _ isWhole: Bool
    ) throws(Trouble) -> (isText: Bool, bytes: [UInt8]) {
        var message = message ?? (header.opcode == 1, [])
        if UInt64(message.bytes.count) + header.length > payloadMax { throw .failed(1009) }
        message.bytes += payload
        guard message.isText else { return message }
        let text = ReferenceText(message.bytes)
        if text.isWrong || (isWhole && header.isFinal && !text.isWhole) { throw .failed(1007) }
        return message
    }
}
