/// The routes of one place in the trie, by method.
struct MethodTable: Sendable {
    private static let any = RequestMethod.allCases.count
    private static let none: Int32 = -1

    /// A route's number for each method, and one for any.
    private var routes = InlineArray<10, Int32>(repeating: MethodTable.none)
    /// The methods with a route of their own, as bits.
    private(set) var mask: UInt16 = 0

    /// Notes the route for `method`, or for any; false when there is one already.
    mutating func insert(_ route: Int32, for method: RequestMethod?) -> Bool {
        let place = method.map { Int($0.rawValue) } ?? Self.any
        guard routes[place] == Self.none else { return false }
        routes[place] = route
        if let method { mask |= Self.bit(method) }
        return true
    }

    /// The route for `method`: its own, GET's for HEAD, or any's.
    func route(for method: RequestMethod) -> Int? {
        let own = routes[Int(method.rawValue)]
        if own != Self.none { return Int(own) }
        let get = routes[Int(RequestMethod.get.rawValue)]
        if method == .head, get != Self.none { return Int(get) }
        let any = routes[Self.any]
        return any == Self.none ? nil : Int(any)
    }

    /// The methods of a mask; whoever answers GET answers HEAD.
    static func methods(_ mask: UInt16) -> [RequestMethod] {
        RequestMethod.allCases.filter {
            mask & bit($0) != 0 || ($0 == .head && mask & bit(.get) != 0)
        }
    }

    private static func bit(_ method: RequestMethod) -> UInt16 {
        1 &<< UInt16(method.rawValue)
    }
}
