/// An HTTP handler that runs on the loop: it must not block.
public typealias SyncHandler = @Sendable (Request, Response) throws -> Void
/// An HTTP handler that may wait.
public typealias AsyncHandler = @Sendable (Request, Response) async throws -> Void

// HTTP routes. A path may hold `{param}`, and `{rest*}` at its end; a static segment wins over a parameter. A
// handler that throws is answered 500, or what its `ResponseError` says. HEAD is answered by GET's handler.
extension App {
    /// Registers a handler for GET (and HEAD).
    public func get(_ path: String, _ handler: @escaping SyncHandler) { on(.get, path, handler) }
    /// Registers an async handler for GET (and HEAD).
    public func get(_ path: String, _ handler: @escaping AsyncHandler) { on(.get, path, handler) }
    /// Registers a handler for POST.
    public func post(_ path: String, _ handler: @escaping SyncHandler) { on(.post, path, handler) }
    /// Registers an async handler for POST.
    public func post(_ path: String, _ handler: @escaping AsyncHandler) { on(.post, path, handler) }
    /// Registers a handler for PUT.
    public func put(_ path: String, _ handler: @escaping SyncHandler) { on(.put, path, handler) }
    /// Registers an async handler for PUT.
    public func put(_ path: String, _ handler: @escaping AsyncHandler) { on(.put, path, handler) }
    /// Registers a handler for PATCH.
    public func patch(_ path: String, _ handler: @escaping SyncHandler) {
        on(.patch, path, handler)
    }
    /// Registers an async handler for PATCH.
    public func patch(_ path: String, _ handler: @escaping AsyncHandler) {
        on(.patch, path, handler)
    }
    /// Registers a handler for DELETE.
    public func delete(_ path: String, _ handler: @escaping SyncHandler) {
        on(.delete, path, handler)
    }
    /// Registers an async handler for DELETE.
    public func delete(_ path: String, _ handler: @escaping AsyncHandler) {
        on(.delete, path, handler)
    }
    /// Registers a handler for HEAD, in place of GET's.
    public func head(_ path: String, _ handler: @escaping SyncHandler) { on(.head, path, handler) }
    /// Registers an async handler for HEAD, in place of GET's.
    public func head(_ path: String, _ handler: @escaping AsyncHandler) { on(.head, path, handler) }
    /// Registers a handler for OPTIONS.
    public func options(_ path: String, _ handler: @escaping SyncHandler) {
        on(.options, path, handler)
    }
    /// Registers an async handler for OPTIONS.
    public func options(_ path: String, _ handler: @escaping AsyncHandler) {
        on(.options, path, handler)
    }
    /// Registers a handler for every method that has none of its own there.
    public func any(_ path: String, _ handler: @escaping SyncHandler) { on(nil, path, handler) }
    /// Registers an async handler for every method that has none of its own there.
    public func any(_ path: String, _ handler: @escaping AsyncHandler) { on(nil, path, handler) }

    /// Registers a response that is the same for every GET: encoded once, sent without running any code.
    public func get(_ path: String, fixed response: Response) {
        let fixed = FixedResponse(response)
        do throws(ResponseEncodingError) {
            let prepared = try PreparedResponse(response)
            register { $0.add(.get, path, .fixed(FixedRoute(prepared, fixed))) }
        } catch {
            // A file, or fields that can't be sent: the handler's way reads it, or answers 500.
            register { $0.add(.get, path, .async(fixed)) }
        }
    }

    private func on(_ method: RequestMethod?, _ path: String, _ handler: @escaping SyncHandler) {
        register { $0.add(method, path, .sync(handler)) }
    }

    private func on(_ method: RequestMethod?, _ path: String, _ handler: @escaping AsyncHandler) {
        register { $0.add(method, path, .async(ClosureHandler(handler))) }
    }
}
