import RNodeApp
import Testing

@Suite("Origins that may connect")
struct OriginTests {
    @Test(arguments: [
        "no origin", "https://", "://a", "example.org", "https://a/", "https://a/path",
        "https://u@a",
        "https://a b", "ht tp://a", "",
    ])
    func `a wrong one throws at the start, by its field's name`(origin: String) async throws {
        await #expect { try await start(allowing: origin) } throws: { error in
            "\(error)".contains("origins")
        }
        await #expect(throws: AppError.self) {
            _ = try await Stage.make { app in
                app.websocket("/chat") { $0.origins = .allow([origin]) }
            }
        }
    }

    @Test(arguments: ["https://a.example", "http://a:8080", "http://[::1]:80", "null-app://x"])
    func `a good one does not`(origin: String) async throws {
        try await start(allowing: origin)
    }

    private func start(allowing origin: String) async throws {
        _ = try await Stage.make({ $0.origins = .allow([origin]) }) {
            $0.websocket("/chat") { _ in }
        }
    }
}
