import RNodeBytes
import Testing

@testable import RNodeApp

@Suite("Rates")
struct TokenBucketTests {
    private func at(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    /// How many of `count` attempts at one moment succeed.
    private func taken(
        _ bucket: inout TokenBucket, _ count: Int, _ rate: Rate, at now: MonotonicInstant
    ) -> Int {
        (0..<count).count { _ in bucket.take(at: now, rate) }
    }

    @Test("A burst, and not one more", arguments: [1, 2, 100, 200])
    func bursts(_ burst: Int) {
        let rate = Rate(perSecond: 100, burst: burst)
        for attempts in [burst - 1, burst, burst + 1, 10 * burst] {
            var bucket = TokenBucket()
            #expect(taken(&bucket, attempts, rate, at: at(5)) == min(attempts, burst))
        }
    }

    @Test("After the burst the rate, and after a pause the burst again")
    func rates() {
        let rate = Rate(perSecond: 100, burst: 20)
        var bucket = TokenBucket()
        #expect(taken(&bucket, 1_000, rate, at: at(0)) == 20)
        var count = 0
        for moment in Int64(1)...1_000 { count += taken(&bucket, 5, rate, at: at(moment)) }
        #expect(count == 100)
        #expect(taken(&bucket, 1_000, rate, at: at(1_200)) == 20)
        #expect(taken(&bucket, 1_000, rate, at: at(1_000_000)) == 20)
    }

    @Test("At the end of time nothing traps")
    func saturates() {
        let rate = Rate(perSecond: 1, burst: .max)
        var bucket = TokenBucket()
        let atTheEnd = bucket.take(at: MonotonicInstant(nanoseconds: .max - 1), rate)
        let never = bucket.take(at: .distantFuture, rate)
        let first = bucket.take(
            at: MonotonicInstant(nanoseconds: .min), Rate(perSecond: 0, burst: 0))
        #expect(atTheEnd && never && !first)
    }

    @Test("Blocked without a pause of a second for so long, a meter says that it is enough")
    func meters() {
        let rate = Rate(perSecond: 10, burst: 10)
        var meter = MessageMeter()
        var verdicts: [MessageMeter.Verdict] = []
        for moment in stride(from: Int64(0), through: 12_000, by: 20) {
            verdicts.append(meter.judge(at: at(moment), rate, breachTimeout: .seconds(10)))
        }
        // The burst lasts for a quarter of a second: 10 at once, and 10 a second of the 50 that come.
        let blocked = verdicts.firstIndex(of: .blocked) ?? 0
        let end = verdicts.firstIndex(of: .exceeded) ?? 0
        #expect((end - blocked) * 20 >= 10_000 && (end - blocked) * 20 <= 10_100)
        var patient = MessageMeter()
        for second in Int64(0)..<60 {
            // A burst too big, and then a pause.
            for _ in 0..<15 {
                let verdict = patient.judge(
                    at: at(second * 1_500), rate, breachTimeout: .seconds(10))
                #expect(verdict != .exceeded)
            }
        }
    }
}
