import RNodeBytes
import RNodeIO

extension BackendConformance {
    static let watchingChecks: [ConformanceCheck<BackendConformance>] = [
        .init("A change of interest and token holds from the next wait on") { subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: .readable, token: 1)
                _ = there.send([1].span)
                try backend.modify(here.descriptor, interest: .writable, token: 2)
                try expect(
                    backend.readiness(of: 2, containing: .writable), is: .writable, "the new token")
                try expect(backend.poll().map(\.token), is: [2], "the tokens reported")
                try backend.modify(here.descriptor, interest: [], token: 3)
                try expect(backend.poll(), is: [], "a stream of which nothing is wanted")
                try backend.modify(here.descriptor, interest: .readable, token: 4)
                try expect(
                    backend.readiness(of: 4, containing: .readable), is: .readable, "wanted again")
            }
        },
        .init("What was removed is not reported, and can be added again") { subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: .readable, token: 1)
                _ = there.send([1].span)
                backend.remove(here.descriptor)
                try expect(backend.poll(), is: [], "a removed stream")
                try backend.add(here.descriptor, interest: .readable, token: 2)
                try expect(
                    backend.readiness(of: 2, containing: .readable), is: .readable, "added again")
            }
        },
        .init("Adding what is watched, and changing what is not, are errors; removing it is none") {
            subject in
            try subject.withPair { backend, here, _ in
                backend.remove(here.descriptor)
                try expectError("a change of an unwatched stream") { () throws(IOError) in
                    try backend.modify(here.descriptor, interest: .readable, token: 1)
                }
                try backend.add(here.descriptor, interest: .readable, token: 1)
                try expectError("adding twice") { () throws(IOError) in
                    try backend.add(here.descriptor, interest: .readable, token: 2)
                }
                backend.remove(here.descriptor)
                backend.remove(here.descriptor)
            }
        },
        .init("A descriptor's number may come back with another stream") { subject in
            let backend = try subject.makeBackend()
            for token in 1...3 as ClosedRange<UInt64> {
                let (here, there) = try subject.makePair(backend)
                try backend.add(here.descriptor, interest: .readable, token: token)
                _ = there.send([1].span)
                _ = backend.readiness(of: token, containing: .readable)
                try expect(backend.poll().map(\.token), is: [token], "the tokens reported")
                backend.remove(here.descriptor)
                here.close(abort: false)
                there.close(abort: false)
            }
        },
        .init("Of many that are ready, at most 1,024 are reported at once and none is left out") {
            subject in
            let backend = try subject.makeBackend()
            var pairs: [(here: any Transport, there: any Transport)] = []
            defer {
                for pair in pairs {
                    pair.here.close(abort: false)
                    pair.there.close(abort: false)
                }
            }
            for token in 0..<UInt64(subject.pairCount) {
                let (here, there) = try subject.makePair(backend)
                pairs.append((here, there))
                try backend.add(here.descriptor, interest: .readable, token: token)
                _ = there.send([1].span)
            }
            var seen: Set<UInt64> = []
            for _ in 0..<(subject.pairCount / 512 + 2) {
                let events = backend.poll()
                try expect(events.count <= 1024, "\(events.count) events of one wait")
                seen.formUnion(events.map(\.token))
            }
            try expect(seen.count, is: subject.pairCount, "the number of streams reported")
        },
    ]

    private static func expectError(
        _ what: String, _ body: () throws(IOError) -> Void
    ) throws(ConformanceFailure) {
        do throws(IOError) {
            try body()
        } catch {
            return
        }
        throw ConformanceFailure("\(what) was no error")
    }
}
