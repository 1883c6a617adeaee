import Glibc
import HTTPTypes
import RNodeHTTP

/// Reads request streams from standard input and prints how RNodeHTTP frames each: one line for each stream.
///
/// A stream is four bytes of length, low byte first, and so many bytes; the end of input ends it. A line is an
/// outcome, and for each complete request `|method,target,end,body`, target and body in hexadecimal, `end` the place
/// where the next request begins. Outcomes: `more`, `closed`, `upgrade`, or `failed:` and the reason.
/// Every stream is read twice, whole and byte by byte; `split` and both results say that they differ.
///
/// `HTTPFraming --chunk-heads` instead tries every four bytes at a chunk's start, and prints how many were tried.
@main
struct HTTPFraming {
    static func main() {
        if CommandLine.arguments.contains("--chunk-heads") { return ChunkHeads.run() }
        while let stream = Input.stream() {
            let whole = Framing(stream, pieces: stream.count).line
            let single = Framing(stream, pieces: 1).line
            print(whole == single ? whole : "split \(whole) \(single)")
        }
    }
}

/// Standard input, in streams.
private enum Input {
    static func stream() -> [UInt8]? {
        guard let head = bytes(4) else { return nil }
        let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        return length == 0 ? [] : bytes(length)
    }

    private static func bytes(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // SAFETY: the buffer is valid for its own count during the call, and `done` is inside it.
            let taken = unsafe bytes.withUnsafeMutableBytes {
                unsafe read(STDIN_FILENO, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            guard taken > 0 else { return nil }
            done += taken
        }
        return bytes
    }
}

/// One stream, as a server that answers each request at once frames it.
private struct Framing: ~Copyable {
    private var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 0))
    private var head = RequestHead()
    private var method = ""
    private var target = ""
    private var body: [UInt8] = []
    private var requests = ""
    private var outcome = "more"
    private let now = MonotonicInstant(nanoseconds: 0)
    private let limits = HTTPLimits()

    var line: String { outcome + requests }

    init(_ stream: [UInt8], pieces: Int) {
        var taken = 0
        var arrived = 0
        while arrived < stream.count {
            arrived = min(stream.count, arrived + max(1, pieces))
            let bytes = stream.span.extracting(taken..<arrived)
            var offset = 0
            while take(bytes, &offset, from: taken) {}
            taken += offset
            if outcome != "more" { return }
        }
    }

    /// One step; false when there is nothing more to do with these bytes.
    private mutating func take(_ bytes: Span<UInt8>, _ offset: inout Int, from start: Int) -> Bool {
        switch session.next(bytes, from: &offset, head: &head, now: now) {
        case .needMore, .awaitingResponse: return false
        case .request: begin()
        case .writeContinue: break
        case .body(let range): body += bytes.extracting(range).copied()
        case .requestEnded:
            append(end: start + offset)
            let terms = session.responseTerms(limits: limits)
            let next = session.responseFinished(
                keepsAlive: terms.keepsAlive, now: now, limits: limits)
            if next == .close { outcome = "closed" }
        case .upgrade:
            begin()
            append(end: start + offset)
            outcome = "upgrade"
        case .failed(let error): outcome = "failed:\(error.reason)"
        case .close: outcome = "closed"
        }
        return outcome == "more"
    }

    private mutating func begin() {
        method = head.method.httpMethod.rawValue
        target = head.withTarget { Self.hexadecimal($0.copied()) }
        body = []
    }

    private mutating func append(end: Int) {
        requests += "|\(method),\(target),\(end),\(Self.hexadecimal(body))"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [ASCII.hexDigit($0 >> 4), ASCII.hexDigit($0)] },
            as: UTF8.self)
    }
}
