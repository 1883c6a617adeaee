import Testing

@testable import RNodeHTTP

@Suite("HARDENING A13: lists are scanned once, by hand")
struct ListTests {
    /// The members of a list, after checking that the scan only ever moves forward.
    private func members(_ text: String) -> [String] {
        let list = Array(text.utf8)
        var members = TokenList.Members()
        var found: [String] = []
        var end = 0
        var steps = 0
        while let member = members.next(in: list.span) {
            steps += 1
            #expect(member.lowerBound >= end && member.upperBound <= list.count)
            end = member.upperBound
            found.append(String(decoding: list[member], as: UTF8.self))
            guard steps <= list.count + 1 else { break }
        }
        // One step for each comma and one more: no byte is in two members.
        #expect(steps <= list.count(where: { $0 == UInt8(ascii: ",") }) + 1)
        #expect(found.reduce(0) { $0 + $1.utf8.count } <= list.count)
        return found
    }

    @Test(
        arguments: [
            ("", []), ("a", ["a"]), (" a ", ["a"]), ("a,b", ["a", "b"]),
            (",a,,b,", ["", "a", "", "b"]),
            ("a\\t, b c ,", ["a", "b c"]), (",", [""]), (" , ", ["", ""]),
        ] as [(String, [String])])
    func `A13 a list's members are found in one pass`(_ text: String, _ expected: [String]) {
        #expect(members(text.replacing("\\t", with: "\t")) == expected)
    }

    @Test(arguments: [",", " ", "\t,", "a,", "a ", "websocket", "close,", ", ,"])
    func `A13 a list of 8 KiB takes one step for each comma`(_ piece: String) {
        let text = String(repeating: piece, count: 8_192 / piece.utf8.count)
        let count = members(text).count
        #expect(count <= text.utf8.count { $0 == UInt8(ascii: ",") } + 1)
        let long = Array(text.utf8)
        let hasClose = TokenList.contains("close", in: long.span)
        let isExpectation = TokenList.consists(of: "100-continue", long.span)
        #expect(hasClose == (piece == "close,"))
        #expect(!isExpectation)
    }

    @Test func `members that are empty are none, and all others must fit`() {
        for (text, isFit) in [
            ("100-continue", true), (",100-CONTINUE,,", true), ("100-continue,x", false),
            ("", false),
            (",", false), ("100-continue 100-continue", false), ("x", false),
        ] {
            let list = Array(text.utf8)
            let found = TokenList.consists(of: "100-continue", list.span)
            #expect(found == isFit, "\(text)")
        }
    }
}
