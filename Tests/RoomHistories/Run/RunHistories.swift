import ArgumentParser
import RoomHistories

/// The long runs of D2 and D3: random histories of rooms against a model, and joins, leaves and kills that must leave
/// nothing behind.
@main
struct RunHistories: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays so many random histories of rooms, and so much churn; seeds, no clock.")

    @Option(help: "Histories; a million take half an hour.")
    var histories = 1_000_000

    @Option(help: "Joins, leaves and ends of the churn.")
    var churn = 1_000_000

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    func run() async throws {
        try await playHistories()
        let stage = try await HistoryStage(isAsync: false)
        let found = try await stage.churn(operations: churn, seed: seed)
        print("D3: \(stage.operations) operations of \(stage.opened) clients; left over: \(found)")
        if !found.isEmpty { throw ExitCode(1) }
    }

    private func playHistories() async throws {
        let stages = [
            try await HistoryStage(isAsync: false), try await HistoryStage(isAsync: true),
        ]
        for number in 0..<max(histories, 0) {
            let faults = try await stages[number % 2].run(seed: seed &+ UInt64(number))
            guard faults.isEmpty else {
                print(faults.joined(separator: "\n"))
                throw ExitCode(1)
            }
        }
        let operations = stages.reduce(0) { $0 + $1.operations }
        print("D2: \(histories) histories of \(operations) operations; each had its order")
    }
}
