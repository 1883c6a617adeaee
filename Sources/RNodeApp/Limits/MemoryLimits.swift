/// What all connections of a process together may hold in memory.
///
/// Beside the limits of each connection; its head of a request and bytes that wait to be read have those alone. Neither can be
/// switched off: that messages of many connections, or to them, can't bring the process down is the point of them. Checked when
/// the app starts to listen; where the process runs in a cgroup with a memory limit, each is at most its part of that.
public struct MemoryLimits: Sendable, Hashable {
    /// Bytes that wait to be sent. 64 KiB…1 TiB; default 512 MiB. Beyond: the slowest connections are cut.
    public var outboundBytesMax = 536_870_912
    /// Bytes of WebSocket messages and bodies of HTTP requests whose end has not come. 64 KiB…1 TiB; default 256 MiB. Beyond:
    /// 1013, or 503 and a close, to the largest holders.
    public var unfinishedBytesMax = 268_435_456
    /// How much of the cgroup's memory each of both may be at most, in percent. 1…100; default 25.
    public var cgroupPercentMax = 25

    /// The defaults.
    public init() {}

    func validate() throws {
        let bytes = 65_536...1_099_511_627_776
        try check("outboundBytesMax", outboundBytesMax, bytes)
        try check("unfinishedBytesMax", unfinishedBytesMax, bytes)
        try check("cgroupPercentMax", cgroupPercentMax, 1...100)
    }

    private func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard !range.contains(value) else { return }
        throw AppError.configuration(
            field: "MemoryLimits.\(field)", "is \(value); it must be in \(range)")
    }

    /// These limits in a cgroup with so much memory; nil for no limit.
    func within(cgroupBytes: Int?) -> MemoryLimits {
        guard let cgroupBytes else { return self }
        // Divided first: no number overflows.
        let part = max(cgroupBytes / 100 * cgroupPercentMax, 1)
        var limits = self
        limits.outboundBytesMax = min(outboundBytesMax, part)
        limits.unfinishedBytesMax = min(unfinishedBytesMax, part)
        return limits
    }
}
