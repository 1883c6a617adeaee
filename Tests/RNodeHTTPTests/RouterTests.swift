import HTTPTypes
import Testing

@testable import RNodeHTTP

@Suite("Routing: patterns and the trie")
struct RouterTests {
    private func router(
        _ routes: [(RequestMethod?, String)]
    ) throws -> TrieRouter<String> {
        var router = TrieRouter<String>()
        for (method, pattern) in routes {
            try router.add(method, RoutePattern(pattern), pattern)
        }
        return router
    }

    private func match(
        _ router: TrieRouter<String>, _ path: String, _ method: RequestMethod = .get
    ) -> String {
        switch router.match(method, path: Array(path.utf8).span) {
        case .found(let value, let parameters):
            let pairs = parameters.names.map { "\($0)=\(parameters[$0] ?? "?")" }
            return ([value] + pairs).joined(separator: " ")
        case .methodNotAllowed(let methods):
            return "405 " + methods.map(\.httpMethod.rawValue).joined(separator: ",")
        case .notFound: return "404"
        case .malformed: return "400"
        }
    }

    @Test func `a literal beats a parameter, which beats a rest`() throws {
        let router = try router([
            (.get, "/"), (.get, "/a"), (.get, "/a/"), (.get, "/{x}"), (.get, "/a/b"),
            (.get, "/a/{x}"), (.get, "/a/{x}/c"), (.get, "/a/b/d"), (.get, "/{rest*}"),
            (.get, "/a/b/{rest*}"), (.get, "/größe/{x}"),
        ])
        for (path, expected) in [
            ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/z", "/{x} x=z"), ("/a/b", "/a/b"),
            ("/a/z", "/a/{x} x=z"), ("/a/b/c", "/a/b/{rest*} rest=c"),
            ("/a/n/c", "/a/{x}/c x=n"), ("/a/b/d", "/a/b/d"),
            ("/a/b/e", "/a/b/{rest*} rest=e"), ("/a/z/z", "/{rest*} rest=a/z/z"),
            ("/a/b/", "/a/b/{rest*} rest="), ("/z/", "/{rest*} rest=z/"),
            ("//", "/{rest*} rest=/"), ("/gr%C3%B6%c3%9fe/1", "/größe/{x} x=1"),
            ("/%61", "/a"), ("/a/%62", "/a/b"),
        ] {
            #expect(match(router, path) == expected, "\(path)")
        }
    }

    @Test func `a search turns back when the way that was better ends`() throws {
        let router = try router([
            (.get, "/a/b/c/x"), (.get, "/a/{p}/c/y"), (.get, "/{q}/b/{r}/z"), (.get, "/a/{s*}"),
        ])
        #expect(match(router, "/a/b/c/x") == "/a/b/c/x")
        #expect(match(router, "/a/b/c/y") == "/a/{p}/c/y p=b")
        #expect(match(router, "/a/b/c/z") == "/a/{s*} s=b/c/z")
        #expect(match(router, "/n/b/c/z") == "/{q}/b/{r}/z q=n r=c")
        #expect(match(router, "/n/b/c") == "404")
    }

    @Test func `parameters are decoded after the path was cut, once`() throws {
        let router = try router([(.get, "/r/{id}"), (.get, "/f/{path*}"), (.get, "/r/{id}/m/{n}")])
        for (path, expected) in [
            ("/r/a%2Fb", "/r/{id} id=a/b"), ("/r/%252F", "/r/{id} id=%2F"),
            ("/r/a+b", "/r/{id} id=a+b"), ("/r/%C3%A4%20%F0%9F%98%80", "/r/{id} id=ä 😀"),
            ("/r/%FF", "400"), ("/r/%", "400"), ("/r/%00", "400"), ("/r/%zz", "400"),
            ("/r/\u{E4}", "/r/{id} id=ä"), ("/f/a/%62/c%2Fd", "/f/{path*} path=a/b/c/d"),
            ("/f/", "/f/{path*} path="), ("/f", "404"), ("/r/", "404"), ("/r//m/2", "404"),
            ("/r/1/m/2", "/r/{id}/m/{n} id=1 n=2"),
        ] {
            #expect(match(router, path) == expected, "\(path)")
        }
    }

    @Test func `a path with other methods is 405 with all of them`() throws {
        let router = try router([
            (.get, "/a"), (.post, "/a"), (.put, "/{x}"), (.delete, "/{x*}"), (nil, "/any"),
            (.get, "/any"), (.post, "/only"), (.head, "/h"), (.get, "/h"),
        ])
        #expect(match(router, "/a", .patch) == "405 GET,HEAD,POST,PUT,DELETE")
        #expect(match(router, "/a", .put) == "/{x} x=a")
        #expect(match(router, "/z", .get) == "405 PUT,DELETE")
        #expect(match(router, "/a", .head) == "/a")
        #expect(match(router, "/any", .trace) == "/any")
        #expect(match(router, "/only", .head) == "405 POST,PUT,DELETE")
        #expect(match(router, "/h", .head) == "/h")
        let all = "405 GET,HEAD,POST,PUT,DELETE"
        #expect(match(router, "*", .options) == all)
        #expect(match(router, "h:443", .connect) == all)
        #expect(match(router, "", .get) == all)
    }

    @Test func `one shape twice is refused, whatever its parameters are called`() throws {
        for (method, first, second) in [
            (RequestMethod.get, "/a", "/a"), (.post, "/{x}/b", "/{y}/b"),
            (.get, "/{x*}", "/{y*}"), (.get, "/", "/"),
        ] {
            var router = try router([(method, first)])
            let pattern = try RoutePattern(second)
            do throws(RouteError) {
                try router.add(method, pattern, "again")
                Issue.record("\(second) was taken twice")
            } catch {
                #expect(error.pattern == second)
                #expect("\(error)".contains(second))
            }
            try router.add(.delete, pattern, "other")
            try router.add(nil, pattern, "any")
            #expect(throws: RouteError.self) { try router.add(nil, pattern, "any again") }
            #expect(router.count == 3)
        }
    }

    @Test func `a copy of a router keeps its routes, whatever is added to the other`() throws {
        let first = try router([(.get, "/a")])
        var second = first
        try second.add(.get, RoutePattern("/b/{c}"), "/b/{c}")
        #expect(match(first, "/b/1") == "404")
        #expect(match(second, "/b/1") == "/b/{c} c=1")
        #expect(match(second, "/a") == "/a" && match(first, "/a") == "/a")
    }

    @Test func `a router of somebody else refuses routes by an error of the same kind`() throws {
        struct NoRoutes: HTTPRouter {
            mutating func add(
                _ method: RequestMethod?, _ pattern: RoutePattern, _ value: Int
            ) throws(RouteError) {
                throw RouteError(pattern: "/a", reason: "is not wanted")
            }

            func match(_ method: RequestMethod, path: Span<UInt8>) -> RouteMatch<Int> { .notFound }
        }
        var router = NoRoutes()
        let pattern = try RoutePattern("/a")
        do throws(RouteError) {
            try router.add(.get, pattern, 1)
            Issue.record("a route was taken")
        } catch {
            #expect(error == RouteError(pattern: "/a", reason: "is not wanted"))
            #expect("\(error)" == "Route /a: is not wanted")
        }
    }

    @Test(arguments: [
        "", "a", "a/b", "{x}", "//", "/a//b", "/{", "/}", "/{}", "/{*}", "/{x", "/x}", "/a{x}",
        "/{x}b", "/{x}{y}", "/{x*}/b", "/{x}/{x}", "/{x}/{x*}", "/{a b}", "/{a-b}", "/a?b", "/a#b",
        "/%61", "/a\\b", "/.", "/..", "/a/../b", "/a\nb", "/{x**}", "/{x}}",
        String(repeating: "/a", count: 65),
    ])
    func `a pattern that cannot be is refused by name`(_ pattern: String) {
        #expect(throws: RouteError.self) { try RoutePattern(pattern) }
        do throws(RouteError) {
            _ = try RoutePattern(pattern)
        } catch {
            #expect(error.pattern == pattern)
            #expect(!error.reason.isEmpty)
        }
    }

    @Test(arguments: [
        "/", "/a", "/a/", "/a/b.c", "/{x}", "/{x_1}/y", "/{rest*}", "/a b", "/ä/{größe}", "/a:b@c",
        "/...", String(repeating: "/a", count: 64),
    ])
    func `a pattern that can be is found by its own path`(_ pattern: String) throws {
        let parsed = try RoutePattern(pattern)
        #expect(parsed.description == pattern)
        let router = try router([(.get, pattern)])
        #expect(!match(router, pattern).hasPrefix("4"))
    }

    @Test func `too many segments are refused without a search`() throws {
        let router = try router([(.get, "/{x*}")])
        #expect(match(router, String(repeating: "/a", count: 64)).hasPrefix("/{x*}"))
        #expect(match(router, String(repeating: "/a", count: 65)) == "400")
        #expect(match(router, String(repeating: "/a", count: 100_000)) == "400")
    }

    @Test func `a search enters each node at most once, however it must turn back`() {
        // Both ways at each of twelve places: 2^12 leaves, none of which ends in what is asked.
        var nodes = [TrieNode()]
        var level = [0]
        for _ in 0..<12 {
            var next: [Int] = []
            for node in level {
                nodes.append(TrieNode())
                nodes[node].insert(Array("a".utf8), node: nodes.count - 1)
                nodes.append(TrieNode())
                nodes[node].parameter = nodes.count - 1
                next += [nodes.count - 2, nodes.count - 1]
            }
            level = next
        }
        let path = Array(String(repeating: "/a", count: 12).utf8)
        guard let segments = PathSegments(path.span) else {
            Issue.record("the path was refused")
            return
        }
        var search = TrieSearch()
        let hit = search.run(nodes, segments, of: path.span, .get)
        #expect(hit == nil)
        #expect(search.visits == nodes.count)
    }

    @Test func `a thousand routes under one place are found`() throws {
        let router = try router((0..<1000).map { (.get, "/r\($0)/{id}") })
        for number in stride(from: 0, to: 1000, by: 7) {
            #expect(match(router, "/r\(number)/x") == "/r\(number)/{id} id=x")
        }
        #expect(match(router, "/r1000/x") == "404")
    }
}

@Suite("Routing: paths without parameters")
struct LiteralPathsTests {
    @Test func `each of many paths is found, and no other`() {
        var paths = LiteralPaths()
        for number in 0..<500 {
            paths.insert(Array("/p/\(number)".utf8), node: number)
        }
        for number in 0..<500 {
            #expect(paths.node(Array("/p/\(number)".utf8).span) == number)
        }
        for other in ["", "/", "/p", "/p/", "/p/500", "/p/00", "/P/1", "/p/1/"] {
            #expect(paths.node(Array(other.utf8).span) == nil)
        }
    }
}

@Suite("Middleware and handlers")
struct MiddlewareTests {
    @Test func `middlewares nest in order, and any of them may answer`() async throws {
        var chain = MiddlewareChain()
        #expect(chain.isEmpty)
        chain.append(
            ClosureMiddleware { request, response, next in
                response.addHeader("X-Trace", "1 in")
                try await next(request, response)
                response.addHeader("X-Trace", "1 out")
            })
        chain.append(
            ClosureMiddleware { request, response, next in
                if request.path == "/blocked" {
                    response.status(403)
                    return
                }
                var request = request
                request.path += "/changed"
                try await next(request, response)
            })
        let handler = ClosureHandler { request, response in
            response.addHeader("X-Trace", request.path)
        }
        let response = Response()
        try await chain.respond(to: Request(path: "/a"), response: response, handler: handler)
        #expect(response.fields.map(\.value) == ["1 in", "/a/changed", "1 out"])
        let blocked = Response()
        try await chain.respond(
            to: Request(path: "/blocked"), response: blocked, handler: handler)
        #expect(blocked.statusCode == 403)
        #expect(blocked.fields.map(\.value) == ["1 in", "1 out"])
    }

    @Test func `what a handler throws passes through`() async throws {
        struct Fault: Error {}
        var chain = MiddlewareChain()
        chain.append(ClosureMiddleware { try await $2($0, $1) })
        let handler = ClosureHandler { _, _ in throw Fault() }
        await #expect(throws: Fault.self) {
            try await chain.respond(to: Request(), response: Response(), handler: handler)
        }
    }
}

@Suite("RFC 3986 section 2.1: queries and escapes")
struct QueryTests {
    @Test func `a query is looked up by decoded name, a plus sign is a plus sign`() {
        let query = QueryParameters("a=1&b=%C3%A4&a=2&c&d=&%65=x=y&p=1+1&&=v")
        #expect(query["a"] == "1")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "ä")
        #expect(query["c"] == "")
        #expect(query["d"] == "")
        #expect(query["e"] == "x=y")
        #expect(query["p"] == "1+1")
        #expect(query[""] == "v")
        #expect(query["absent"] == nil)
        #expect(query.pairs.count == 8)
        #expect(QueryParameters().isEmpty)
        #expect(QueryParameters("a=%&b=%FF&c=%00&d=1").pairs.map(\.name) == ["d"])
    }

    @Test func `decoding is exact for every pair of digits, and done once`() {
        for byte in UInt8.min...UInt8.max {
            let hex = String(byte, radix: 16)
            let escape = "%" + (hex.count == 1 ? "0" : "") + hex
            let decoded = PercentEncoding.decodedBytes(Array(escape.utf8).span)
            #expect(decoded == (byte == 0 ? nil : [byte]))
            let upper = PercentEncoding.decodedBytes(Array(escape.uppercased().utf8).span)
            #expect(upper == decoded)
        }
        #expect(PercentEncoding.decode("%2541".utf8) == "%41")
        for bad in ["%", "%4", "a%", "%g0", "%0g", "%%41", "%-1"] {
            #expect(PercentEncoding.decode(bad.utf8) == nil)
            #expect(PercentEncoding.decodedBytes(Array(bad.utf8).span) == nil)
        }
    }

    @Test func `tokens are found in lists of any spacing, never in part`() {
        for (list, isThere) in [
            ("close", true), ("CLOSE", true), (" close ", true), ("a,close", true),
            ("a ,\tclose\t, b", true), (",,close,,", true), ("closed", false), ("clos", false),
            ("a close", false), ("", false), (",", false), ("close;q=1", false),
        ] {
            let found = TokenList.contains("close", in: list.utf8.span)
            #expect(found == isThere, "\(list)")
        }
    }
}
