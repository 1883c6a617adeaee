import RNodeTesting
import Testing

@testable import RNodeApp

/// What a closure looks like decides which overload takes it: that a cancel is never taken for nothing.
@Suite("Callbacks, in every form a user may write them")
struct CallbackFormsTests {
    @Test func `closures that say nothing`() {
        var options = WebSocketOptions()
        options.onMessage { _ in }
        options.onConnect { event in seen(event.clientId) }
        options.onWelcome { event in
            let id = event.clientId
            seen(id)
        }
        options.onPing { event in
            if event.data == nil { return }
            seen(event.clientId)
        }
        options.onPong { event in if event.data == nil { seen("") } }
        options.onClose { event in for room in [event.roomId] { seen(room ?? "") } }
        options.onError { _ in throw Refused() }
        for event: WebSocketEvent in [
            .onMessage, .onConnect, .onWelcome, .onPing, .onPong, .onClose, .onError,
        ] {
            #expect(options[event].callback.isDefined && !options[event].callback.isAsync)
        }
    }

    @Test func `async closures that say nothing`() {
        var options = WebSocketOptions()
        options.onMessage { _ in await pause() }
        options.onWelcome { event in
            await pause()
            seen(event.clientId)
        }
        options.onJoinRoom { event in
            let id = event.clientId
            await pause()
            seen(id)
        }
        options.onLeaveRoom { event in try await event.connection.leave("room") }
        options.onPing { event in
            guard event.data == nil else { return }
            await pause()
        }
        options.onPong { _ in if await judgeLater("") == nil { seen("") } }
        for event: WebSocketEvent in [
            .onMessage, .onWelcome, .onJoinRoom, .onLeaveRoom, .onPing, .onPong,
        ] {
            #expect(options[event].callback.isAsync)
        }
    }

    @Test func `what a closure returns is heard, however it is written`() async throws {
        let forms: [(inout WebSocketCallback) -> Void] = [
            { $0 { _ in .cancel("no") } },
            { $0 { _ in WebSocketEventResult.cancel("no") } },
            { $0 { event in judge(event.data) } },
            { $0 { event in event.data == nil ? nil : .cancel("no") } },
            { $0 { event in event.data == nil ? nil : WebSocketEventResult.cancel("no") } },
            { $0 { event in if event.data == nil { nil } else { .cancel("no") } } },
            {
                $0 { event in
                    guard event.data != nil else { return nil }
                    return .cancel("no")
                }
            },
            {
                $0 { event in
                    seen(event.clientId)
                    return judge(event.data)
                }
            },
            { $0(cancelling) },
            {
                $0 { _ in
                    await pause()
                    return .cancel("no")
                }
            },
            { $0 { event in await judgeLater(event.data) } },
            {
                $0 { event in
                    let verdict = await judgeLater(event.data)
                    return verdict
                }
            },
            {
                $0 { event in
                    guard event.data != nil else { return nil }
                    await pause()
                    return WebSocketEventResult(shouldCancel: true, error: "no")
                }
            },
            { $0(cancellingLater) },
        ]
        for (number, form) in forms.enumerated() {
            let stage = try await Stage.make { app in
                app.websocket("/chat") { form(&$0.onMessage) }
            }
            let ada = try await stage.client()
            ada.send("hello")
            let blocked = try await ada.next("message_blocked")
            #expect(blocked["reason"] == "no", "form \(number)")
        }
    }
}

private func seen(_ what: String) {}
private func pause() async { await Task.yield() }

private func judge(_ text: String?) -> WebSocketEventResult? {
    text == nil ? nil : .cancel("no")
}

private func judgeLater(_ text: String?) async -> WebSocketEventResult? {
    await pause()
    return judge(text)
}

@Sendable private func cancelling(
    _ event: borrowing WebSocketEventData
) throws -> WebSocketEventResult? { .cancel("no") }

@Sendable private func cancellingLater(
    _ event: borrowing WebSocketEventData
) async throws -> WebSocketEventResult? { .cancel("no") }
