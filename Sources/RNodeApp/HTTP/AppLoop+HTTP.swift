// HTTP connections of a loop: from bytes to requests, and from responses to bytes.
extension AppLoop {
    // MARK: - Receiving

    /// Takes what an HTTP connection received, until it has to wait; returns what is to be opened as a WebSocket.
    func receive(
        _ bytes: inout MutableSpan<UInt8>, _ offset: inout Int,
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) -> Opening? {
        setResponseTime()
        let first = http.borrow { $0.answersCount }
        let inFlightMax = core.configuration.http.pipelinedRequestsMax
        var share = eventLoop.limits.messagesPerTurnMax
        while !connection.isCongested, !connection.isClosing {
            if share == 0 {
                connection.yieldReading()
                break
            }
            let step = http.update {
                $0.session.next(bytes.span, from: &offset, head: &head, now: connection.now)
            }
            if case .requestEnded = step { share &-= 1 }
            switch take(step, bytes.span, http, &connection) {
            // The rest stays where it is until the answers so far are sent.
            case .goOn where http.borrow({ $0.answersCount }) &- first >= inFlightMax:
                counters.breached(.pipelinedRequestsMax)
                connection.yieldReading()
            case .goOn: continue
            case .open(let opening): return opening
            case .wait: break
            }
            if case .awaitingResponse = step {
                keepForLater(bytes.count &- offset, http, &connection)
            }
            break
        }
        setDeadline(http, &connection)
        // What was left of a body has been skipped.
        if core.isClosing { closeIfIdle(http, &connection) }
        return nil
    }

    /// What comes after a step.
    enum Next {
        case goOn
        /// For more bytes, or for a handler.
        case wait
        case open(Opening)
    }

    private func take(
        _ step: HTTPStep, _ bytes: Span<UInt8>, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) -> Next {
        switch step {
        case .needMore, .awaitingResponse: return .wait
        case .request: begin(http, &connection)
        case .writeContinue: responses.encodeContinue(into: &connection.output)
        case .body(let range): collect(bytes.extracting(range), http)
        case .requestEnded: respond(http, &connection)
        case .upgrade: return upgrade(http, &connection)
        case .failed(let error):
            fail(error, &connection)
        case .close:
            noteClose(http)
            connection.close()
        }
        return .goOn
    }

    /// Bytes came before the answer that they have to wait for.
    private func keepForLater(
        _ count: Int, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) {
        connection.pauseReading()
        guard count > core.configuration.bytesBeforeOpenMax,
            case .opening(let opening) = http.borrow({ $0.current })
        else { return }
        opening.isAbandoned = true
        refuse(
            OpeningRefusal(
                status: 400, reason: "Too many bytes before the upgrade", limit: .bytesBeforeOpenMax
            ),
            opening.client, on: &connection)
    }

    func setDeadline(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        // While onConnect decides, the handshake's deadline stands.
        if case .opening = http.borrow({ $0.current }) { return }
        connection.deadline = http.borrow {
            $0.session.deadline(limits: core.configuration.http)
        }
    }

    // MARK: - A request

    /// A head is there: finds who is to answer it.
    private func begin(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        guard isForThisHost else {
            return answerError(421, "Misdirected request", http, &connection)
        }
        if let known = knownRoute, known.lineNumber == head.lineNumber {
            return begin(known.route, RouteParameters(), http)
        }
        switch head.withPath({ core.route(head.method, $0) }) {
        case .found(.http(let route), let params):
            if params.isEmpty { knownRoute = KnownRoute(lineNumber: head.lineNumber, route: route) }
            begin(route, params, http)
        case .found(.webSocket, _):
            let refusal = OpeningRefusal(.notAnUpgrade)
            answerError(refusal.status, refusal.reason, http, &connection, refusal.fields)
        case .methodNotAllowed(let allow):
            let names = allow.map(\.httpMethod.rawValue).joined(separator: ", ")
            answerError(405, "Method not allowed", http, &connection, [.allow: names])
        case .notFound: answerError(404, "Not found", http, &connection)
        case .malformed: answerError(400, "Malformed path", http, &connection)
        }
    }

    /// Whether the request is for a host of this server's.
    var isForThisHost: Bool {
        core.hosts.admitsAny || core.hosts.admits(head.authority)
    }

    private func begin(
        _ route: HTTPRoute, _ params: RouteParameters, _ http: borrowing Owned<HTTPConnection>
    ) {
        if let fixed = route.fixed, core.middleware.isEmpty {
            return http.update { $0.current = .fixed(fixed) }
        }
        let remote = http.borrow { $0.remote }
        var request = Request(
            head, route: route.pattern, params: params,
            remoteAddress: core.configuration.proxies.client(of: remote, head))
        request.jsonLimits = core.configuration.json
        http.update { $0.current = .reading(IncomingRequest(request, route)) }
    }

    private func collect(_ bytes: Span<UInt8>, _ http: borrowing Owned<HTTPConnection>) {
        guard case .reading(let incoming) = http.borrow({ $0.current }) else { return }
        incoming.request.body.append(contentsOf: bytes.copied())
        account(incoming, holding: incoming.request.body.capacity)
    }

    // MARK: - Its response

    /// A request is there as a whole: answers it, or has its handler do so.
    private func respond(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        switch http.update({ $0.current.take() }) {
        case .fixed(let fixed):
            let terms = terms(http)
            fixed.write(by: responses, terms: terms, into: &connection.output)
            finish(terms.keepsAlive, http, &connection)
        case .reading(let incoming):
            account(incoming, holding: 0)
            let (request, route) = (incoming.request, incoming.route)
            guard case .sync(let body) = route.behaviour, core.middleware.isEmpty else {
                return handle(request, route.handler, http, &connection)
            }
            let response = Response()
            do {
                try body(request, response)
            } catch {
                fail(response, request, error)
            }
            if case .file = response.body {
                // Read off the loop, like everything that may block.
                return handle(request, FixedResponse(response), http, &connection)
            }
            answer(response, http, &connection)
        // Answered before its body had ended.
        case .none, .responding, .opening: break
        }
    }

    /// Has a handler answer in a task on this loop; the connection's next request waits.
    private func handle(
        _ request: Request, _ handler: any HTTPHandler, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) {
        http.update { $0.current = .responding }
        let id = connection.id
        Task(executorPreference: eventLoop) {
            let response = Response()
            var length: Int?
            do {
                try await self.core.middleware.respond(
                    to: request, response: response, handler: handler)
                length = try await self.readFile(for: response, to: request, on: id)
            } catch {
                self.fail(response, request, error)
            }
            self.answer(response, length: length, on: id)
        }
    }

    /// An async handler is done: its response goes out, and the next request may be read.
    private func answer(_ response: Response, length: Int?, on connection: ConnectionID) {
        _ = eventLoop.withConnection(connection) { context in
            _ = connections.borrow(at: connection.slot) { state in
                state.withHTTP { http in
                    http.update { $0.current = nil }
                    setResponseTime()
                    answer(response, length: length, http, &context)
                    if http.borrow({ $0.isFinished }) { context.close() }
                    setDeadline(http, &context)
                }
            }
            context.resumeReading()
        }
    }

    /// Writes a response; with a `length` only its head, which says that of a body that was not read.
    private func answer(
        _ response: Response, length: Int? = nil, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) {
        var terms = terms(http)
        if response.closesConnection { terms.keepsAlive = false }
        do throws(ResponseEncodingError) {
            if let length {
                try responses.encodeHead(
                    response, contentLength: length, terms: terms, into: &connection.output)
            } else {
                try responses.encode(response, terms: terms, into: &connection.output)
            }
        } catch {
            core.log(.responseUnsendable, at: eventLoop.now, ["error": "\(error)"])
            responses.encodeError(
                500, reason: "Internal server error", terms: terms, into: &connection.output)
        }
        finish(terms.keepsAlive, http, &connection)
    }

    private func answerError(
        _ status: Int, _ reason: String, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext, _ fields: HTTPFields = HTTPFields()
    ) {
        let terms = terms(http)
        responses.encodeError(
            status, reason: reason, fields: fields, terms: terms, into: &connection.output)
        finish(terms.keepsAlive, http, &connection)
    }

    /// What the answer says about its connection; while the app closes it is the last.
    private func terms(_ http: borrowing Owned<HTTPConnection>) -> ResponseTerms {
        var terms = http.borrow { $0.session.responseTerms(limits: core.keepAlive) }
        if core.isClosing { terms.keepsAlive = false }
        return terms
    }

    private func finish(
        _ keepsAlive: Bool, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) {
        let next = http.update {
            $0.answersCount &+= 1
            return $0.session.responseFinished(
                keepsAlive: keepsAlive, now: connection.now, limits: core.keepAlive)
        }
        guard next == .close else { return }
        noteClose(http)
        connection.close()
    }

    /// Counts the limit that a session was closed for, without an error, if it was for one.
    private func noteClose(_ http: borrowing Owned<HTTPConnection>) {
        let (hasServedAll, hasTooMuchUnread) = http.borrow {
            (
                $0.session.hasServedAll(core.keepAlive),
                $0.session.hasTooMuchUnread(core.keepAlive)
            )
        }
        if hasServedAll {
            counters.breached(.requestsPerConnectionMax)
        } else if hasTooMuchUnread {
            counters.breached(.unreadBodyBytesMax)
        }
    }

    /// Answers a request that broke a rule, and closes.
    func fail(_ error: HTTPParseError, _ connection: inout ConnectionContext) {
        counters.failed(.http)
        counters.breached(LimitName(error))
        responses.encode(error, into: &connection.output)
        connection.close()
    }

    /// Answers a request, whose body is still coming, that there is no room for it, and closes.
    func answerOverload(
        _ reason: String, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) {
        setResponseTime()
        var terms = terms(http)
        terms.keepsAlive = false
        responses.encodeError(
            503, reason: reason, fields: [.retryAfter: "1"], terms: terms, into: &connection.output)
        _ = http.update {
            $0.session.responseFinished(
                keepsAlive: false, now: connection.now, limits: core.configuration.http)
        }
        connection.close()
    }

    /// A handler threw: its response becomes an error that says nothing of the inside.
    private func fail(_ response: Response, _ request: Request, _ error: any Error) {
        response.reset()
        if let chosen = error as? any ResponseError {
            counters.breached((error as? HTTPError)?.limit)
            response.failure(chosen.status, chosen.reason)
            return
        }
        counters.failed(.serverError)
        core.log(
            .handlerThrew, at: eventLoop.now,
            ["route": request.route ?? "", "error": LogText.text(of: error)])
        response.failure(500, "Internal server error")
    }
}
