import Testing

@Suite("The reader of sources")
struct SourceTextTests {
    @Test("tells code from comments")
    func partsComments() {
        let text = SourceText("let a = 1 // b!\n/* c /* d */ e */ let f")
        #expect(text.codeLines == ["let a = 1      ", "                  let f"])
        #expect(text.commentLines.map { $0.filter { $0 != " " } } == ["//b!", "/*c/*d*/e*/"])
    }

    @Test("blanks strings but not what is interpolated")
    func blanksStrings() {
        #expect(
            SourceText(#"f("a // b! \(c["d"]!) e")"#).codeLines == [#"f("          c[" "]!   ")"#])
        #expect(SourceText("##\"a\" b\"##; c").codeLines == ["  \"    \"  ; c"])
        #expect(SourceText("\"\"\"\n a!\n \"\"\"; b").codeLines == ["\"\"\"", "   ", " \"\"\"; b"])
        #expect(SourceText(#"a = "\"" + b!"#).codeLines == [#"a = "  " + b!"#])
    }

    @Test("finds imports of every form, and no other line")
    func findsImports() {
        let file = SourceFile(
            path: "Sources/A/b.swift",
            text: """
                @_exported public import One
                    import Two
                @testable import Three
                // import Four
                let text = "import Five"
                """)
        #expect(file.imports == ["One", "Two", "Three"])
        #expect(file.target == "A")
        #expect(file.shortPath == "A/b.swift")
        #expect(file.lineCount == 5)
    }

    @Test("finds the type that declares a property, not a function that uses one")
    func findsDeclaringTypes() {
        let file = SourceFile(
            path: "Sources/A/b.swift",
            text: """
                final class Outer {
                    struct Inner { 
                        let lock = Mutex(0)
                    }
                    func run() {
                        let local = Mutex(1)
                    }
                }
                extension Other {
                    static let shared = Mutex(2)
                }
                """)
        #expect(file.types(declaring: "Mutex") == ["Outer.Inner", "Other"])
    }
}
