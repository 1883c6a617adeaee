import RNodeBytes
import RNodeIO

extension BackendConformance {
    static let readinessChecks: [ConformanceCheck<BackendConformance>] = [
        .init("What is not ready is not reported") { subject in
            try subject.withPair { backend, here, _ in
                try backend.add(here.descriptor, interest: .readable, token: 1)
                try expect(backend.poll(), is: [], "an idle stream")
            }
        },
        .init("What is ready is reported with its token, again and again until it is served") {
            subject in
            try subject.withPair { backend, here, there in
                let token: UInt64 = 0xFFFF_FFFF_0000_0001
                try backend.add(here.descriptor, interest: .readable, token: token)
                _ = there.send([1, 2, 3].span)
                for _ in 0..<3 {
                    let readiness = backend.readiness(of: token, containing: .readable)
                    try expect(readiness, is: .readable, "the readiness with bytes unread")
                }
                try expect(here.drain(), is: 3, "the number of bytes")
                try expect(backend.poll(), is: [], "a stream that was served")
            }
        },
        .init("A stream is writable while it has room, and only when asked for") { subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: .writable, token: 1)
                try expect(
                    backend.readiness(of: 1, containing: .writable), is: .writable,
                    "an empty stream")
                // A backend that sends by itself has room again as long as the kernel takes what it has.
                var filled = 0
                repeat {
                    guard let count = here.fill(), filled < 268_435_456 else {
                        throw ConformanceFailure("the stream takes bytes without an end")
                    }
                    filled += count
                } while !backend.poll().isEmpty
                try expect(backend.poll(), is: [], "a full stream")
                var read = there.drain()
                try expect(
                    backend.readiness(of: 1, containing: .writable), is: .writable,
                    "a drained stream")
                for _ in 0..<1_000 where read < filled {
                    _ = backend.poll()
                    read += there.drain()
                }
                try expect(read, is: filled, "what was read")
            }
        },
        .init("Both directions are reported in one event") { subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: [.readable, .writable], token: 1)
                _ = there.send([1].span)
                let readiness = backend.readiness(of: 1, containing: [.readable, .writable])
                try expect(readiness, is: [.readable, .writable], "the readiness")
                try expect(backend.poll().count, is: 1, "the number of events")
            }
        },
        .init("The end of the stream is readable") { subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: .readable, token: 1)
                there.finishSending()
                try expect(
                    backend.readiness(of: 1, containing: .readable), is: .readable, "the end")
                try expect(
                    backend.readiness(of: 1, containing: .readable), is: .readable,
                    "the end, again")
            }
        },
        .init("The end of both directions is reported as a failure, though nothing was asked for") {
            subject in
            try subject.withPair { backend, here, there in
                try backend.add(here.descriptor, interest: [], token: 1)
                there.finishSending()
                try expect(backend.poll(), is: [], "the end of one direction")
                here.finishSending()
                try expect(
                    backend.readiness(of: 1, containing: .failed), is: .failed, "the end of both")
            }
        },
    ]
}
