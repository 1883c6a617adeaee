#if IOURing
    import RNodeTesting
    import Testing

    @testable import RNodeIO

    /// The kernel's ring without a loop: whoever uses it takes its turns. Where the kernel gives none, making one throws.
    final class RingTurns {
        private let backend: IOUring
        private var served: UInt64 = 0

        init() throws { backend = try IOUring() }

        /// A stream that the ring receives for from now on.
        func serve(_ transport: any Transport) throws -> any Transport {
            let adopted = backend.adopt(transport)
            _ = try #require(adopted as? RingTransport)
            try begin(adopted.descriptor)
            return adopted
        }

        /// A listener that the ring accepts for from now on.
        func serve(_ listener: any Listener) throws -> any Listener {
            let adopted = backend.adopt(listener)
            _ = try #require(adopted as? RingListener)
            try begin(adopted.descriptor)
            return adopted
        }

        private func begin(_ descriptor: Int32) throws {
            served += 1
            try backend.add(descriptor, interest: .readable, token: served)
            take()
        }

        /// Begins what is to be begun, and waits a millisecond for what is to come of it.
        func take() {
            var events: [BackendEvent] = []
            _ = backend.wait(until: backend.now.advanced(by: .milliseconds(1)), into: &events)
        }

        /// All that was served is closed, and the kernel has let go of it.
        func expectNothingLeft() {
            #expect(served > 0)
            for _ in 0..<1000 where backend.streamCount > 0 { take() }
            #expect(backend.streamCount == 0)
            #expect(backend.strayCount == 0)
            backend.end()
        }
    }
#endif
