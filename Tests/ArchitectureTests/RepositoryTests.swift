import Testing

@Suite("The repository")
struct RepositoryTests {
    @Test("The sources are found, so that no test here passes for want of something to read")
    func sourcesAreFound() {
        let targets = Set(Repository.sources.map(\.target))
        #expect(targets == Set(Repository.libraries))
        #expect(Repository.sources.count > 150)
        #expect(Repository.sources.allSatisfy { $0.lineCount > 0 })
    }

    @Test(
        "What the scripts and .ci/run promise is there, and can be run",
        arguments: [
            "scripts/chat", "scripts/test", "scripts/lint", "scripts/format", "scripts/docs",
            "scripts/sanitize", "scripts/interop", "scripts/differential", "scripts/browser",
            "scripts/histories", "scripts/threats", "scripts/fuzz", "scripts/trap-audit",
            "scripts/drill", "scripts/autobahn", "scripts/exhaustive", "scripts/simulate",
            "scripts/soak", "scripts/bench-peers", "scripts/bench-gates", "scripts/bench-profile",
            "scripts/bench-instructions", ".ci/run",
        ])
    func scriptsAreThere(_ path: String) throws {
        let lines = try Repository.text(of: path).split(separator: "\n")
        #expect(lines.first == "#!/usr/bin/env bash")
        // What it does, and how it is called.
        #expect(
            lines.dropFirst().prefix(2).allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("#   ") })
        let first = lines.first { !$0.hasPrefix("#") }
        #expect(first?.hasPrefix("set -") == true && first?.contains("u") == true)
    }
}
