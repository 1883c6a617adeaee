import Testing

@Suite("The shape of the sources")
struct ShapeTests {
    private static let linesMax = 350
    /// Files above that. The list may shrink; a new entry needs a reason that a reader of the file would accept.
    private static let longFiles: Set<String> = []

    @Test("A file has at most 350 lines, but for a list of exceptions")
    func filesAreShort() {
        let found = Repository.sources.filter { $0.lineCount > Self.linesMax }
        expectList(Set(found.map(\.shortPath)), Self.longFiles)
    }

    @Test("No file is named after what it could be anything by")
    func filesAreNamedAfterNouns() {
        let words = ["Manager", "Helper", "Util", "Common", "Misc", "Impl", "Wrapper", "Engine"]
        for file in Repository.sources {
            let name = file.path.split(separator: "/").last ?? ""
            for word in words { #expect(!name.contains(word), "\(file.path)") }
        }
    }

    @Test("Nothing is printed by a library: it logs, or returns")
    func librariesAreQuiet() {
        for file in Repository.sources {
            let prints = file.lines(withWord: "print") + file.lines(withWord: "debugPrint")
            #expect(prints.isEmpty, "\(file.path)")
        }
    }
}
