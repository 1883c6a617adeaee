import Testing

/// A trap ends the process for every client: nothing from the wire may reach one (HARDENING section 3).
@Suite("Traps")
struct TrapTests {
    @Test(
        "No library stops the process on purpose",
        arguments: ["fatalError", "precondition", "preconditionFailure", "assertionFailure"])
    func nothingStopsTheProcess(_ name: String) {
        for file in Repository.sources {
            #expect(file.lines(withWord: name).isEmpty, "\(file.path)")
        }
    }

    @Test("No library says try!, as! or unwraps by force")
    func nothingIsForced() {
        for file in Repository.sources {
            #expect(file.lines(where: Self.isForcing).isEmpty, "\(file.path)")
        }
    }

    @Test(
        "No library holds unowned references"
    )
    func unownedIsListed() {
        let found = Repository.sources.filter { !$0.lines(withWord: "unowned").isEmpty }
        let holders = found.filter { file in
            !file.lines { $0.contains("unowned let ") || $0.contains("unowned var ") }.isEmpty
        }
        expectList(Set(holders.map(\.shortPath)), [])
    }

    @Test("A dictionary is never built by an initializer that traps on two equal keys")
    func dictionariesAdmitDuplicates() {
        for file in Repository.sources {
            #expect(file.lines(withWord: "uniqueKeysWithValues").isEmpty, "\(file.path)")
        }
    }

    @Test("The tests find what they look for")
    func findersFind() {
        #expect(Self.isForcing("let a = b!"))
        #expect(Self.isForcing("f(x)!.y"))
        #expect(Self.isForcing("x = try! f()"))
        #expect(Self.isForcing("x as! Y"))
        #expect(!Self.isForcing("if !a, b != c { }"))
    }

    /// A `!` behind a name, a bracket or a keyword, and not part of `!=`.
    private static func isForcing(_ line: String) -> Bool {
        let characters = Array(line)
        return characters.indices.dropFirst().contains { place in
            guard characters[place] == "!" else { return false }
            let before = characters[place - 1]
            let next = place + 1 < characters.count ? characters[place + 1] : " "
            let isBehind = before.isLetter || before.isNumber || "_)]}\"".contains(before)
            return isBehind && next != "="
        }
    }
}
