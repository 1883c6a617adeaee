import RNodeApp

/// HTTP requests through all layers.
enum RequestBenchmarks {
    private static let connections = 64

    static func all() -> [Benchmark] {
        [
            requests("request.fixed.1", "/plain", pipelined: 1),
            requests("request.fixed.16", "/plain", pipelined: 16),
            requests("request.fixed.1.ring", "/plain", pipelined: 1, overRing: true),
            requests("request.fixed.16.ring", "/plain", pipelined: 16, overRing: true),
            requests("request.handler.1", "/hello/ada", pipelined: 1),
        ]
    }

    private static func requests(
        _ name: String, _ path: String, pipelined: Int, overRing: Bool = false
    ) -> Benchmark {
        Benchmark(name, unit: "request", units: connections * pipelined, countedRuns: 20) {
            let host = try MemoryHost(overRing: overRing)
            let app = host.makeApp()
            app.get("/plain", fixed: Response().text("Hello, World!"))
            app.get("/hello/{name}") { request, response in
                response.text("Hello, \(request.params["name"] ?? "")!")
            }
            try host.serve(app)
            let streams = (0..<connections).map { _ in host.connect() }
            host.settle()
            let request = HTTPBenchmarks.request(path)
            let read = Array(repeatElement(request, count: pipelined).joined())
            let answer = host.answer(to: read, on: streams[0])
            let text = String(decoding: answer, as: UTF8.self)
            let greeted = path == "/plain" ? "World" : "ada"
            guard text.hasPrefix("HTTP/1.1 200 "),
                text.split(separator: "\r\n\r\nHello, \(greeted)!").count == pipelined
            else { throw BenchmarkFailure("\(path) was answered by \(text)") }
            return try EchoBenchmarks.answering(host, app, streams, read, by: answer)
        }
    }
}
