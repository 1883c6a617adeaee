import RoomHistories
import Testing

@Suite("Histories of rooms, from bytes to bytes")
struct HistoryTests {
    /// The same as `scripts/histories`, which plays more of them in a release build.
    @Test(arguments: [false, true])
    func `D2 racing joins, leaves, messages and ends have an order, and each client one onClose`(
        isAsync: Bool
    ) async throws {
        let stage = try await HistoryStage(isAsync: isAsync)
        for seed in 0..<150 {
            let faults = try await stage.run(seed: UInt64(seed))
            #expect(faults == [])
            if !faults.isEmpty { return }
        }
        #expect(stage.opened == 450)
        #expect(stage.operations > 1_000)
    }

    @Test(arguments: [false, true])
    func `D3 after 2,000 joins, leaves and kills nothing is left`(isAsync: Bool) async throws {
        let stage = try await HistoryStage(isAsync: isAsync)
        #expect(try await stage.churn(operations: 2_000, seed: 3) == [])
    }
}
