import RNodeHTTP

/// Routes by the whole path, without parameters; of two equal routes the later one counts.
struct ExactRouter<Value: Sendable>: HTTPRouter {
    private var routes: [[UInt8]: [RequestMethod?: Value]] = [:]

    mutating func add(
        _ method: RequestMethod?, _ pattern: RoutePattern, _ value: Value
    ) throws(RouteError) {
        routes[[UInt8](pattern.description.utf8), default: [:]][method] = value
    }

    func match(_ method: RequestMethod, path: Span<UInt8>) -> RouteMatch<Value> {
        guard let values = routes[path.copied()] else { return .notFound }
        guard let value = values[method] ?? values[nil] else {
            return .methodNotAllowed(values.keys.compactMap(\.self))
        }
        return .found(value, RouteParameters())
    }
}
