import CMeasuring
import RNodeHTTP

/// HTTP/1.1 as values: a request parsed, a path found, an answer encoded.
enum HTTPBenchmarks {
    static func all() -> [Benchmark] {
        [
            parse("http.parse.curl", [request("/plain"), request("/after", "curl/8.88.1")]),
            parse(
                "http.parse.browser",
                [browserRequest("/plain", "130"), browserRequest("/after", "131")]),
            parse("http.parse.repeated", [browserRequest("/plain", "130")]),
            route("http.route.literal", "/api/v1/things42"),
            route("http.route.parameters", "/rooms/4711/members/ada"),
            encode(),
        ]
    }

    /// A request as curl makes it.
    static func request(_ path: String, _ agent: String = "curl/7.88.1") -> [UInt8] {
        Array(
            ("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: \(agent)\r\n"
                + "Accept: */*\r\n\r\n").utf8)
    }

    /// As a browser of some version makes it.
    private static func browserRequest(_ path: String, _ version: String) -> [UInt8] {
        let text = """
            GET \(path) HTTP/1.1\r
            Host: 127.0.0.1:8080\r
            Connection: keep-alive\r
            Cache-Control: max-age=0\r
            sec-ch-ua: "Chromium";v="\(version)", "Not?A_Brand";v="99"\r
            sec-ch-ua-mobile: ?0\r
            sec-ch-ua-platform: "Linux"\r
            Upgrade-Insecure-Requests: 1\r
            User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/\(version).0.0.0 Safari/537.36\r
            Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
            Sec-Fetch-Site: none\r
            Sec-Fetch-Mode: navigate\r
            Sec-Fetch-User: ?1\r
            Sec-Fetch-Dest: document\r
            Accept-Encoding: gzip, deflate, br, zstd\r
            Accept-Language: de-DE,de;q=0.9,en;q=0.8\r
            Cookie: session=0123456789abcdef0123456789abcdef\r
            \r

            """
        return Array(text.utf8)
    }

    /// Requests in turn: one alone is as the one before, two are not.
    private static func parse(_ name: String, _ requests: [[UInt8]]) -> Benchmark {
        Benchmark(name, unit: "request") {
            let now = MonotonicInstant(nanoseconds: 1)
            let limits = HTTPLimits()
            let session = Owned(HTTPSession(acceptedAt: now))
            let head = Owned(RequestHead(limits: limits))
            let run: (Int) -> Int = { count in
                var ended = 0
                session.update { session in
                    head.update { head in
                        for number in 0..<count {
                            let request = requests[number % requests.count]
                            var offset = 0
                            while offset < request.count || !session.isIdle {
                                let step = session.next(
                                    request.span, from: &offset, head: &head, now: now)
                                if case .request = step { continue }
                                guard case .requestEnded = step else { return }
                                ended += 1
                                _ = session.responseFinished(
                                    keepsAlive: true, now: now, limits: limits)
                            }
                        }
                    }
                }
                return ended
            }
            guard run(2) == 2 else { throw BenchmarkFailure("\(name) can't be parsed") }
            return { measuring_keep(Int64(run($0))) }
        }
    }

    /// A router with a hundred literal routes, and some with parameters.
    private static func route(_ name: String, _ path: String) -> Benchmark {
        Benchmark(name, unit: "path") {
            var router = TrieRouter<Int>()
            for number in 0..<100 {
                try router.add(.get, RoutePattern("/api/v1/things\(number)"), number)
            }
            try router.add(.get, RoutePattern("/rooms/{room}/members/{member}"), 100)
            try router.add(.get, RoutePattern("/files/{path*}"), 101)
            let bytes = Array(path.utf8)
            let run: (Int) -> Int = { [router] count in
                var found = 0
                for _ in 0..<count {
                    if case .found(let value, _) = router.match(.get, path: bytes.span) {
                        found &+= value
                    }
                }
                return found
            }
            guard run(1) > 0 else { throw BenchmarkFailure("\(path) is not found") }
            return { measuring_keep(Int64(run($0))) }
        }
    }

    private static func encode() -> Benchmark {
        Benchmark("http.encode.prepared", unit: "answer") {
            let response = try PreparedResponse(body: Array("Hello, World!".utf8))
            let encoder = ResponseEncoder(unixSeconds: 1_735_689_600)
            let output = Owned(ByteBuffer(capacity: 1_024))
            let run: Run = { count in
                output.update { output in
                    for _ in 0..<count {
                        output.removeAll()
                        encoder.encode(response, terms: ResponseTerms(), into: &output)
                        measuring_keep(Int64(output.count))
                    }
                }
            }
            run(2)
            let text = output.borrow { String(decoding: $0.copied(), as: UTF8.self) }
            guard text.hasPrefix("HTTP/1.1 200 OK\r\n"),
                text.contains("\r\nContent-Length: 13\r\n"),
                text.hasSuffix("\r\n\r\nHello, World!")
            else { throw BenchmarkFailure("an answer was encoded as \(text)") }
            return run
        }
    }
}
