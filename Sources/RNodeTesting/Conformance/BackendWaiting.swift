import RNodeBytes
import RNodeIO

extension BackendConformance {
    static let waitingChecks: [ConformanceCheck<BackendConformance>] = [
        .init("A wait replaces what the array held") { subject in
            let backend = try subject.makeBackend()
            var events = [BackendEvent(token: 9, readiness: .failed)]
            _ = backend.wait(until: MonotonicInstant(nanoseconds: .min), into: &events)
            try expect(events, is: [], "the array")
        },
        .init("Instants never go backwards") { subject in
            let backend = try subject.makeBackend()
            var last = backend.now
            var events: [BackendEvent] = []
            for _ in 0..<100 {
                let returned = backend.wait(until: last, into: &events)
                try expect(returned >= last, "a wait returned \(returned) after \(last)")
                last = backend.now
                try expect(last >= returned, "the present \(last) is before \(returned)")
            }
        },
        .init("A wait lasts until its deadline, and not much longer") { subject in
            let backend = try subject.makeBackend()
            let deadline = backend.now.advanced(byNanoseconds: 5_300_000)
            subject.passTime?(backend, .nanoseconds(5_300_000))
            var events: [BackendEvent] = []
            var waits = 0
            // An interrupted wait may return early, a busy machine late: only the rule is checked.
            while backend.wait(until: deadline, into: &events) < deadline {
                waits += 1
                try expect(waits < 3, "waits end before their deadline, again and again")
            }
            try expect(
                backend.now < deadline.advanced(by: .seconds(5)), "the wait ended seconds late")
        },
        .init("A deadline in the past, and one that never comes, are no trap") { subject in
            let backend = try subject.makeBackend()
            backend.waker.wake()
            var events: [BackendEvent] = []
            for deadline in [Int64.min, -1, 0] {
                _ = backend.wait(
                    until: MonotonicInstant(nanoseconds: deadline), into: &events)
            }
            backend.waker.wake()
            _ = backend.wait(until: .distantFuture, into: &events)
            backend.waker.wake()
            _ = backend.wait(until: MonotonicInstant(nanoseconds: .max - 1), into: &events)
            backend.waker.wake()
            _ = backend.wait(until: nil, into: &events)
            try expect(events, is: [], "what was reported")
        },
        .init("Wakes end the next wait, all of them one wait, and are no event") { subject in
            let backend = try subject.makeBackend()
            for _ in 0..<3 {
                for _ in 0..<1000 { backend.waker.wake() }
                let deadline = backend.now.advanced(by: .seconds(10))
                var events: [BackendEvent] = []
                let returned = backend.wait(until: deadline, into: &events)
                try expect(returned < deadline, "the wait went on although it was woken")
                try expect(events, is: [], "what was reported")
            }
            guard subject.passTime == nil else { return }
            // An interrupted wait may return early; an old wake would end one each time.
            for _ in 0..<3 {
                var events: [BackendEvent] = []
                let deadline = backend.now.advanced(by: .milliseconds(5))
                if backend.wait(until: deadline, into: &events) >= deadline { return }
                backend.waker.wake()
                _ = backend.wait(until: backend.now.advanced(by: .seconds(10)), into: &events)
            }
            throw ConformanceFailure("an old wake ended a second wait")
        },
        .init("A waker may outlive its backend") { subject in
            var backend: (any EventLoopBackend)? = try subject.makeBackend()
            let waker = backend?.waker
            backend = nil
            waker?.wake()
        },
        .init("The wall clock is the time of day") { subject in
            let milliseconds = try subject.makeBackend().wallClockMilliseconds
            // From the year 2001 to the year 2286.
            try expect(
                (1_000_000_000_000..<10_000_000_000_000).contains(milliseconds),
                "\(milliseconds) is not in milliseconds since 1970")
        },
    ]
}
