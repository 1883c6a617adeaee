/// One thing that happens on a connection, from its cause to its answer: a text, a join, the end.
///
/// A flow is a value that goes from step to step. It says what it needs next (a callback to be run, the registry
/// to be asked) and is told what came of it; it never waits. So the same flow is driven to its end in one
/// go when its callbacks are synchronous, and across suspensions when they are not.
protocol Flow: SendableMetatype {
    /// Goes on, told what came of the last step, to the next thing that is needed.
    ///
    /// `text` is the message it is about: the loop's bytes or an owned copy of them, the same at every step.
    mutating func advance(
        _ input: FlowInput, _ peer: WebSocketPeer, _ text: Span<UInt8>
    ) -> FlowStep

    /// What the event that is to be run carries beside the connection and the text.
    func fields(of event: WebSocketEvent) -> EventFields
}

/// What a flow needs to go on.
enum FlowStep {
    /// A callback's result.
    case run(WebSocketEvent)
    /// The registry's answer.
    case ask(RegistryRequest)
    /// Nothing: it has ended.
    case finished
}

/// What came of a flow's last step.
enum FlowInput {
    case start
    case outcome(EventOutcome)
    case answer(RegistryAnswer)

    /// The callback's outcome; passed when there was none.
    var outcome: EventOutcome {
        if case .outcome(let outcome) = self { outcome } else { .passed }
    }

    /// The registry's answer; done when there was none.
    var answer: RegistryAnswer {
        if case .answer(let answer) = self { answer } else { .done }
    }
}

/// What a callback said of its event.
enum EventOutcome {
    case passed
    case modified(WebSocketEventChange)
    case cancelled(String?)
    /// It threw; what may be logged of that.
    case failed(String)

    /// What came of a callback that threw: the error's text goes to the log and to onServerError, so an error of decoding
    /// says its kind only, and nothing that the client sent.
    init(threw error: any Error) {
        self = .failed(LogText.text(of: error))
    }

    init(_ result: WebSocketEventResult?) {
        guard let result else { self = .passed; return }
        if result.shouldCancel {
            self = .cancelled(result.error)
        } else if let change = result.modifiedEvent {
            self = .modified(change)
        } else {
            self = .passed
        }
    }
}

/// What a flow asks the registry.
enum RegistryRequest {
    case find(RoomID)
    case reserve(RoomID)
    case confirm(Seat)
    case release(Seat)
    case leave(RoomID)
    case leaveAll
}

/// What the registry answers.
enum RegistryAnswer {
    case room(Room)
    case seat(Seat)
    case admission(Admission)
    case departure(Departure)
    case departures([Departure])
    case done
    case refused(RoomError)
}
