// The callbacks of a client: whether one is to run, and running it.
extension WebSocketPeer {
    /// Whether an event is to be run; counts the answer. A clear bit costs this test.
    func admits(_ event: WebSocketEvent) -> Bool {
        let isOpen = route.gate.mask.contains(event)
        if isOpen {
            counters.eventsRun.raise(Int(event.rawValue))
        } else {
            counters.eventsFiltered.raise(Int(event.rawValue))
        }
        return isOpen
    }

    func call(
        _ body: (borrowing WebSocketEventData) throws -> WebSocketEventResult?,
        _ event: WebSocketEvent, _ fields: EventFields, _ text: Span<UInt8>
    ) -> EventOutcome {
        loop.logEvent(event, self, text.count)
        return EventBytes.withBorrowed(text) { bytes in
            let data = makeData(event, fields, bytes)
            do {
                return EventOutcome(try body(data))
            } catch {
                return EventOutcome(threw: error)
            }
        }
    }

    /// Calls an event's callback, if it has one; nil for one that has to be waited for, which is not called.
    @inline(__always)
    func outcome(
        of event: WebSocketEvent, _ fields: @autoclosure () -> EventFields, _ text: Span<UInt8>
    ) -> EventOutcome? {
        switch route.callbacks[Int(event.rawValue)] {
        case .none: .passed
        case .sync(let body): call(body, event, fields(), text)
        case .async: nil
        }
    }

    func outcome(
        of event: WebSocketEvent, _ fields: EventFields, _ text: [UInt8]
    ) async -> EventOutcome {
        switch route.callbacks[Int(event.rawValue)] {
        case .none: return .passed
        case .sync(let body): return call(body, event, fields, text.span)
        case .async(let body):
            loop.logEvent(event, self, text.count)
            callbackDepth += 1
            defer { callbackDepth -= 1 }
            let data = makeData(event, fields, EventBytes(owned: text))
            do {
                return EventOutcome(try await body(data))
            } catch {
                return EventOutcome(threw: error)
            }
        }
    }

    private func makeData(
        _ event: WebSocketEvent, _ fields: EventFields, _ bytes: consuming EventBytes
    ) -> WebSocketEventData {
        WebSocketEventData(
            event: event, connection: WebSocketConnection(peer: self), bytes: bytes,
            fields: fields, wallClockMilliseconds: loop.eventLoop.wallClockMilliseconds)
    }

    /// Runs onConnect, before the connection is open.
    func connect() async -> EventOutcome {
        await WebSocketPeer.$current.withValue(self) {
            await outcome(of: .onConnect, EventFields(), [])
        }
    }

    /// Runs a synchronous onConnect; nil when it has to be waited for.
    func connectAtOnce() -> EventOutcome? {
        outcome(of: .onConnect, EventFields(), Span())
    }
}
