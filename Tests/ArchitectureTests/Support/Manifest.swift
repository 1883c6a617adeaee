/// Package.swift, as far as these tests ask about it.
struct Manifest {
    struct Target {
        let kind: String
        let name: String
        let dependencies: Set<String>
        let isStrict: Bool
    }

    let text: String
    let targets: [Target]

    init() throws {
        text = try Repository.text(of: "Package.swift")
        targets = Self.targets(in: text)
    }

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// The addresses of the packages it depends on.
    var packages: [String] {
        Self.calls(to: ".package", in: text).compactMap { Self.string(after: "url:", in: $0) }
    }

    private static func targets(in text: String) -> [Target] {
        // Product and dependency lists use `targets:` and `Target.`; only `.target(` and its kin declare one.
        ["target", "executableTarget", "testTarget"].flatMap { kind in
            calls(to: "." + kind, in: text).compactMap { call in
                guard let name = string(after: "name:", in: call) else { return nil }
                return Target(
                    kind: kind, name: name, dependencies: dependencies(of: call),
                    isStrict: call.contains("swiftSettings: strict")
                        || call.contains("swiftSettings: library"))
            }
        }
    }

    private static func dependencies(of call: String) -> Set<String> {
        guard let start = call.firstRange(of: "dependencies:")?.upperBound,
            let open = call[start...].firstIndex(of: "["),
            let close = call[open...].firstIndex(of: "]")
        else { return [] }
        let items = call[call.index(after: open)..<close].split(separator: ",")
        return Set(items.map { $0.filter { $0.isLetter || $0.isNumber } }.filter { !$0.isEmpty })
    }

    /// What stands between the parentheses of each call of this name.
    private static func calls(to name: String, in text: String) -> [String] {
        text.ranges(of: name + "(").map { range in
            var depth = 1
            let rest = text[range.upperBound...].prefix { character in
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
                return depth > 0
            }
            return String(rest)
        }
    }

    private static func string(after label: String, in text: String) -> String? {
        guard let start = text.firstRange(of: label)?.upperBound else { return nil }
        let quoted = text[start...].split(separator: "\"", omittingEmptySubsequences: false)
        return quoted.count > 1 ? String(quoted[1]) : nil
    }
}
