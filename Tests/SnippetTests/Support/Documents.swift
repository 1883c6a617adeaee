import FoundationEssentials

/// The repository's documents, and the code in them that has to be that of a snippet.
enum Documents {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let snippetFolder = "Tests/SnippetTests/Snippets"

    /// The names of all snippets: `EchoLoop.swift`.
    static var snippets: [String] {
        files(beneath: snippetFolder).compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    /// The paths of everything that may show a snippet: pages, and the files whose doc comments do.
    static var pages: [String] {
        let pages = ["README.md", "CONTRIBUTING.md"] + files(beneath: "Docs")
        return (pages + files(beneath: "Sources")).filter { $0.hasSuffix(".md") }.sorted()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func snippet(_ name: String) throws -> String {
        try text(of: snippetFolder + "/" + name)
    }

    /// The blocks of a page that say by a marker in front of them which snippet they are:
    ///
    ///     <!-- snippet: EchoLoop.swift -->
    ///     ```swift
    ///     …
    static func shownSnippets(in page: String) throws -> [(name: String, code: String)] {
        let lines = try text(of: page).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { line in
            let words = lines[line].split(separator: " ")
            guard words.count == 4, words[0] == "<!--", words[1] == "snippet:" else { return nil }
            return (String(words[2]), code(in: lines[(line + 1)...]))
        }
    }

    /// The scripts that a page names.
    static func commands(in page: String) throws -> Set<String> {
        let words = try text(of: page).split { " `\n\t".contains($0) }
        return Set(words.filter { $0.hasPrefix("scripts/") || $0 == ".ci/run" }.map(String.init))
    }

    /// Where the links and pictures of a page lead, those to other hosts left out.
    static func links(in page: String) throws -> [String] {
        let text = try prose(of: page)
        let openings = ["](", "src=\"", "srcset=\""]
        let links = openings.flatMap { opening in
            text.ranges(of: opening).map { range in
                String(text[range.upperBound...].prefix { !")\"\n ".contains($0) })
            }
        }
        return links.filter { !$0.contains(":") && !$0.hasPrefix("#") && !$0.isEmpty }
    }

    /// A page without its blocks of code.
    private static func prose(of page: String) throws -> String {
        var isCode = false
        return try text(of: page).split(separator: "\n").filter { line in
            if line.hasPrefix("```") { isCode.toggle() }
            return !isCode
        }
        .joined(separator: "\n")
    }

    static func exists(_ link: String, from page: String) -> Bool {
        let folder = root.appending(path: page).deletingLastPathComponent()
        return FileManager.default.fileExists(atPath: folder.appending(path: link).path())
    }

    /// The names of a source file's public variables, `description` left out.
    static func publicVariables(in path: String) throws -> [String] {
        let lines = try text(of: path).split(separator: "\n")
        let names = lines.compactMap { line -> String? in
            guard let start = line.firstRange(of: "    public var ")?.upperBound else { return nil }
            return String(line[start...].prefix { $0.isLetter })
        }
        return names.filter { $0 != "description" }
    }

    /// The first block of Swift in the doc comments of a source file.
    static func documentedCode(in path: String) throws -> String {
        let lines = try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
        let comments = lines.filter { $0.hasPrefix("///") }
        let stripped = comments.map { $0.dropFirst($0.hasPrefix("/// ") ? 4 : 3) }
        return code(in: stripped.drop { $0 != "```swift" })
    }

    /// What stands in the fence that opens on the first of these lines.
    private static func code(in lines: ArraySlice<Substring>) -> String {
        guard lines.first == "```swift" else { return "" }
        return lines.dropFirst().prefix { $0 != "```" }.map { $0 + "\n" }.joined()
    }

    private static func files(beneath folder: String) -> [String] {
        let found = try? FileManager.default.subpathsOfDirectory(
            atPath: root.appending(path: folder).path())
        return (found ?? []).map { folder + "/" + $0 }.sorted()
    }
}
