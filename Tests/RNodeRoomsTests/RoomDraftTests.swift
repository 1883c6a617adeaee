import RNodeRooms
import Testing

@Suite("What a room may be")
struct RoomDraftTests {
    private func error(_ draft: RoomDraft, _ limits: RoomLimits = RoomLimits()) -> RoomError? {
        roomError { () throws(RoomError) in try draft.validate(limits) }
    }

    @Test("A name has 1 to 255 bytes", arguments: [0, 1, 2, 254, 255, 256, 2_550])
    func nameBytes(count: Int) {
        let draft = RoomDraft(name: String(repeating: "n", count: count))
        #expect(error(draft)?.field == ((1...255).contains(count) ? nil : "name"))
    }

    @Test("Bytes count, not characters")
    func nameInUTF8() {
        #expect(error(RoomDraft(name: String(repeating: "é", count: 127))) == nil)
        #expect(error(RoomDraft(name: String(repeating: "é", count: 128)))?.field == "name")
        #expect(error(RoomDraft(name: "комната 📐")) == nil)
    }

    @Test("No control character is in a name; everything else may be")
    func nameControls() {
        for value in UInt8.min...127 {
            let name = "a" + String(Unicode.Scalar(value)) + "b"
            let isControl = value < 0x20 || value == 0x7F
            #expect(error(RoomDraft(name: name))?.field == (isControl ? "name" : nil))
        }
        #expect(error(RoomDraft(name: "\u{85}")) == nil)
    }

    @Test(
        "maxConnections is 1 or more",
        arguments: [
            (nil, true), (Int.min, false), (-1, false), (0, false), (1, true), (Int.max, true),
        ])
    func maxConnections(value: Int?, isRight: Bool) {
        let draft = RoomDraft(name: "r", maxConnections: value)
        #expect(error(draft)?.field == (isRight ? nil : "maxConnections"))
        #expect(error(draft)?.status == (isRight ? nil : 422))
    }

    @Test("A description has a limit", arguments: [0, 4_095, 4_096, 4_097, 40_960])
    func description(count: Int) {
        let draft = RoomDraft(name: "r", description: String(repeating: "d", count: count))
        #expect(error(draft)?.field == (count <= 4_096 ? nil : "description"))
    }

    @Test("Keys and values of the metadata have a limit together", arguments: [-1, 0, 1, 100_000])
    func metadata(excess: Int) {
        let value = String(repeating: "v", count: 16_384 - 6 + excess)
        let draft = RoomDraft(name: "r", metadata: ["key": value, "k2": "x"])
        #expect(error(draft)?.field == (excess <= 0 ? nil : "metadata"))
    }
}
