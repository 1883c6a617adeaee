/// Something that is fed any bytes, and throws what is wrong.
///
/// Not trapping is the least of it: each target states what must hold whatever the bytes are.
struct FuzzTarget: Sendable {
    /// As `scripts/fuzz` and the folder of its corpus call it.
    let name: String
    /// Throws a ``Finding`` when a property does not hold.
    let run: @Sendable (Span<UInt8>) throws(Finding) -> Void

    static let all = [
        FuzzTarget(name: "head", run: fuzzHead),
        FuzzTarget(name: "body", run: fuzzBody),
        FuzzTarget(name: "target", run: fuzzTarget),
        FuzzTarget(name: "handshake", run: fuzzHandshake),
        FuzzTarget(name: "frames", run: fuzzFrames),
        FuzzTarget(name: "messages", run: fuzzMessages),
        FuzzTarget(name: "inflate", run: fuzzInflate),
        FuzzTarget(name: "control", run: fuzzControl),
        FuzzTarget(name: "server", run: fuzzServer),
        FuzzTarget(name: "unmask", run: fuzzUnmask),
        FuzzTarget(name: "utf8", run: fuzzUTF8),
        FuzzTarget(name: "search", run: fuzzSearch),
        FuzzTarget(name: "words", run: fuzzWords),
        FuzzTarget(name: "append", run: fuzzAppend),
        FuzzTarget(name: "buffer", run: fuzzBuffer),
        FuzzTarget(name: "equality", run: fuzzEquality),
        FuzzTarget(name: "replacing", run: fuzzReplacing),
    ]

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
