import RNodeApp
import RNodeTesting
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("HARDENING §2 B, from bytes to callbacks")
struct WebSocketThreatTests {
    /// A raw client of a route that notes what reaches it, and echoes it.
    private struct Victim {
        let stage: Stage
        let journal: Journal
        let socket: TestWebSocket

        var peer: InMemoryPeer { socket.peer }

        /// Sends bytes, and returns all that the server sent by the time it has nothing more to do.
        func answer(to bytes: [UInt8]) async -> [UInt8] {
            peer.send(bytes)
            await stage.host.settle()
            return peer.takeBytes()
        }
    }

    private func victim(_ shape: StreamShape = StreamShape()) async throws -> Victim {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { journal.record(on: &$0, asynchronously: false) }
        }
        let socket = try await TestWebSocket.open(stage.host, "/chat?clientId=eve", shape: shape)
        guard case .text = try await socket.next() else { throw TestUnexpected() }
        return Victim(stage: stage, journal: journal, socket: socket)
    }

    struct TestUnexpected: Error {}

    /// A client's frame with a key of zeros, so that its payload is as written.
    private func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [first, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
    }

    /// The code of the one close frame that `bytes` are; nil when they are anything else.
    private func closeCode(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4, bytes[0] == 0x88, Int(bytes[1]) == bytes.count - 2 else {
            return nil
        }
        return Int(bytes[2]) << 8 | Int(bytes[3])
    }

    @Test(arguments: [
        (UInt64(1) << 63, 1002), (.max, 1002), (1 << 63 - 1, 1009), (1 << 32, 1009), (125, 1002),
    ])
    func `B1 a wild 64-bit length closes its connection, and no other`(
        length: UInt64, code: Int
    ) async throws {
        let victim = try await victim()
        let bystander = try await victim.stage.client(id: "ada")
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        let answer = await victim.answer(to: [0x82, 0xFF] + bytes + [0, 0, 0, 0, 1, 2, 3])
        #expect(closeCode(answer) == code)
        bystander.send("still here")
        #expect(try await bystander.next("message_ack")["message"] == "still here")
    }

    @Test(
        arguments: [
            [0x81, 0x01, 0x61], [0x83, 0x80, 0, 0, 0, 0], [0xC1, 0x80, 0, 0, 0, 0],
            [0x80, 0x80, 0, 0, 0, 0], [0x09, 0x80, 0, 0, 0, 0], [0x89, 0xFE, 0, 126, 0, 0, 0, 0],
        ] as [[UInt8]])
    func `B2 a frame that must not be closes with 1002, and reaches no callback`(
        bytes: [UInt8]
    ) async throws {
        for shape in [StreamShape(), .byteByByte] {
            let victim = try await victim(shape)
            let answer = await victim.answer(to: bytes + frame(0x81, [0x78]))
            #expect(closeCode(answer) == 1002)
            #expect(victim.peer.isFinished)
            #expect(victim.journal.all == ["onConnect", "onWelcome", "onError", "onClose"])
        }
    }

    @Test func `B6 the first bad byte of a text closes with 1007 before its frame is whole`()
        async throws
    {
        let victim = try await victim()
        // Ten bytes are declared, four come: the last of them is wrong.
        let begin: [UInt8] = [0x81, 0x8A, 0, 0, 0, 0, 0x61, 0x62, 0xED]
        #expect(await victim.answer(to: begin).isEmpty)
        #expect(closeCode(await victim.answer(to: [0xA0])) == 1007)
        #expect(!victim.journal.all.contains("onMessage"))
    }

    @Test(arguments: [StreamShape(), .byteByByte])
    func `B14 what follows a close frame reaches no callback and gets no answer`(
        shape: StreamShape
    ) async throws {
        let victim = try await victim(shape)
        let late =
            frame(0x81, [0x78]) + frame(0x89, [1]) + frame(0x88, [0x03, 0xE9]) + [0xFF, 0xFF]
        let answer = await victim.answer(to: frame(0x88, [0x03, 0xE8]) + late)
        #expect(answer == [0x88, 2, 0x03, 0xE8])
        #expect(victim.peer.isFinished)
        victim.peer.send(frame(0x81, [0x79]))
        await victim.stage.host.settle()
        #expect(victim.peer.takeBytes().isEmpty)
        #expect(victim.journal.all == ["onConnect", "onWelcome", "onClose"])
    }

    @Test func `B14 a close inside a fragmented message drops the message`() async throws {
        let victim = try await victim()
        let input = frame(0x01, [0x61]) + frame(0x88, [0x0F, 0xA0]) + frame(0x80, [0x62])
        #expect(await victim.answer(to: input) == [0x88, 2, 0x0F, 0xA0])
        #expect(victim.journal.all == ["onConnect", "onWelcome", "onClose"])
    }

    @Test func `B14 who half-closes right after its close frame still gets the answer`()
        async throws
    {
        let victim = try await victim()
        victim.peer.send(frame(0x88, [0x03, 0xE8]))
        victim.peer.finish()
        await victim.stage.host.settle()
        #expect(victim.peer.takeBytes() == [0x88, 2, 0x03, 0xE8])
        #expect(victim.peer.isFinished)
        #expect(victim.journal.all.last == "onClose")
    }

    @Test func `B14 who half-closes without a close frame is heard to its end, and freed`()
        async throws
    {
        let victim = try await victim()
        victim.peer.send(frame(0x81, [0x68, 0x69]))
        victim.peer.finish()
        await victim.stage.host.settle()
        #expect(victim.journal.all == ["onConnect", "onWelcome", "onMessage", "onClose"])
        #expect(victim.stage.app.getWebSocketConnections() == 0)
        #expect(victim.peer.isFinished)
    }

    @Test func `B17 a version that is not 13 is 426, a bad key 400, and no callback runs`()
        async throws
    {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.websocket("/chat") { journal.record(on: &$0, asynchronously: false) }
        }
        for (version, key, status) in [
            ("12", "dGhlIHNhbXBsZSBub25jZQ==", 426), ("8, 13", "dGhlIHNhbXBsZSBub25jZQ==", 426),
            ("13", "dGhlIHNhbXBsZQ==", 400), ("13", "AAAAAAAAAAAAAAAAAAAAAAAA", 400),
        ] {
            let answer = try await TestHTTP(stage.host).request(
                "GET", "/chat",
                fields: [
                    ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                    ("Sec-WebSocket-Version", version), ("Sec-WebSocket-Key", key),
                ])
            #expect(answer.status == status, "\(version) \(key)")
            let wanted = status == 426 ? "13" : nil
            #expect(answer.field("Sec-WebSocket-Version") == wanted)
            #expect(answer.field("Upgrade") == (status == 426 ? "websocket" : nil))
        }
        #expect(journal.all.isEmpty)
    }

    #if canImport(Glibc)
        @Test(.enabled(if: MemoryFill.isPossible, "a sanitizer brings an allocator of its own"))
        func `B12 memory that was never written is never sent: no 0xA5 reaches the wire`()
            async throws
        {
            MemoryFill.begin()
            defer { MemoryFill.end() }
            // Else this test would show nothing.
            // SAFETY: bytes may have any value, and these are read only to see that they were filled.
            let fresh = unsafe [UInt8](unsafeUninitializedCapacity: 5_000) { $1 = 5_000 }
            #expect(fresh.allSatisfy { $0 == 0xA5 })
            let stage = try await Stage.make { app in
                app.websocket("/chat") { _ in }
                app.get("/") { _, response in response.text("plain") }
            }
            let room = try await stage.room()
            let ada = try await stage.client(id: "ada")
            try await ada.join(room)
            for count in [0, 1, 14, 15, 16, 17, 100, 1_000, 5_000, 70_000] {
                let text = String(repeating: "x", count: count)
                ada.send(text)
                // What is not UTF-8, as 0xA5 alone is not, ends the client's session.
                #expect(try await ada.next("message_ack")["message"] == .string(text))
                ada.send(#"{"type":"room_message","room_id":"\#(room)","message":"\#(text)"}"#)
                #expect(try await ada.next("room_message")["message"] == .string(text))
                let payload = [UInt8](repeating: 0x70, count: min(count, 125))
                ada.socket.ping(payload)
                #expect(try await ada.socket.next() == .pong(payload))
            }
            ada.socket.peer.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
            await stage.host.settle()
            #expect(ada.socket.peer.takeBytes() == [0x88, 2, 0x03, 0xE8])
            let http = try TestHTTP(stage.host)
            for (method, target) in [("GET", "/"), ("GET", "/none"), ("HEAD", "/"), ("PUT", "/")] {
                http.send("\(method) \(target) HTTP/1.1\r\nHost: test\r\n\r\n")
                await stage.host.settle()
                let bytes = http.peer.takeBytes()
                #expect(!bytes.isEmpty && bytes.allSatisfy { $0 < 0x80 })
            }
        }
    #endif
}

#if canImport(Glibc)
    /// Has glibc fill all memory it gives with 0xA5, and all that it takes back with 0x5A.
    private enum MemoryFill {
        /// False where `mallopt` does nothing: the address sanitizer's says so, the thread sanitizer leaves glibc's in place,
        /// which then fills nothing that is its own.
        static var isPossible: Bool {
            // SAFETY: only whether there is such a symbol is asked.
            let isThreadSanitizer = unsafe dlsym(nil, "__tsan_init") != nil
            return !isThreadSanitizer && fill(with: 0) == 1
        }

        static func begin() { _ = fill(with: 0x5A) }

        static func end() { _ = fill(with: 0) }

        /// `mallopt(M_PERTURB, value)`, which Swift's Glibc module leaves out.
        private static func fill(with value: CInt) -> CInt {
            typealias Call = @convention(c) (CInt, CInt) -> CInt
            // SAFETY: the C library's own function, called with its own type.
            guard let symbol = unsafe dlsym(nil, "mallopt") else { return 0 }
            return unsafe unsafeBitCast(symbol, to: Call.self)(-6, value)
        }
    }
#endif
