/// The memory that the process's cgroup allows it, of either version (cgroups(7)).
enum CgroupMemory {
    /// Reads a file; nil when it is not there.
    typealias Reader = (_ path: String, _ root: String) -> String?

    private static let root = "/sys/fs/cgroup"
    /// Version 1 says "no limit" by a number near the largest there is.
    private static let unlimited = 1 << 60

    /// The smallest limit of the cgroup and those above it; nil without one. Reads files: not on a loop.
    static func limitBytes(_ read: Reader = CgroupMemory.readFile) -> Int? {
        guard let memberships = read("cgroup", "/proc/self") else { return nil }
        let limits = memberships.split(separator: "\n").compactMap { line -> Int? in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            // Version 2 has one hierarchy, numbered 0, without controllers.
            if parts[0] == "0", parts[1].isEmpty {
                return smallest("", parts[2], "memory.max", read)
            }
            guard parts[1].split(separator: ",").contains("memory") else { return nil }
            return smallest("memory", parts[2], "memory.limit_in_bytes", read)
        }
        return limits.min()
    }

    /// The smallest limit from a cgroup up to the root of its hierarchy.
    ///
    /// Inside a container the path may be the host's, and not be there: then the root is the container's own.
    private static func smallest(
        _ hierarchy: String, _ path: Substring, _ file: String, _ read: Reader
    ) -> Int? {
        var names = path.split(separator: "/").filter { $0 != ".." }
        var found: Int?
        while true {
            let place = ([Substring(hierarchy)] + names + [Substring(file)])
                .filter { !$0.isEmpty }.joined(separator: "/")
            if let limit = read(place, root).flatMap(bytes) { found = min(found ?? limit, limit) }
            guard names.popLast() != nil else { return found }
        }
    }

    /// A limit's number; nil for `max`, and for what is none.
    private static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0 != "\n" }
        guard let value = Int(digits), value > 0, value < unlimited else { return nil }
        return value
    }

    private static func readFile(_ path: String, beneath root: String) -> String? {
        guard let bytes = try? SystemFile.read(path, beneath: root, byteCountMax: 65_536) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
