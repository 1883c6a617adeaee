/// What two sides agreed on for permessage-deflate (RFC 7692 §7.1).
///
/// Reached by a server from an offer, and by a client from the answer to its own.
public struct DeflateParameters: Hashable, Sendable {
    /// Whether the server's messages may refer to earlier ones.
    public let serverKeepsContext: Bool
    /// Whether the client's messages may refer to earlier ones.
    public let clientKeepsContext: Bool
    /// The window of what the server sends is 2^this bytes, 9…15; a client was perhaps told of a larger one, or of none.
    public let serverWindowBits: Int
    /// The window of what the client sends is 2^this bytes, 8…15.
    public let clientWindowBits: Int
    /// The element of `Sec-WebSocket-Extensions` that says so in the server's answer.
    public let answer: ExtensionOffer

    // MARK: - A server

    /// Accepts an offer, as far as `options` wants it; nil when it must be declined: a parameter is
    /// unknown, doubled or has a wrong value, or a server's window of 8 bits is asked for.
    public init?(accepting offer: ExtensionOffer, _ options: DeflateOptions = DeflateOptions()) {
        guard let asked = DeflateOffer(offer) else { return nil }
        // A window of 256 bytes is none that zlib can deflate into.
        guard asked.serverWindowBits != 8 else { return nil }
        serverKeepsContext = options.serverKeepsContext && !asked.serverTakesNoContext
        serverWindowBits = min(asked.serverWindowBits ?? 15, options.serverWindowBitsMax)
        // A smaller window than the peer reckons with is always right: it is named where the peer can save memory by it.
        let namesServerWindow =
            asked.serverWindowBits != nil || (serverKeepsContext && serverWindowBits < 15)
        let keepsClient = options.clientKeepsContext && !asked.clientTakesNoContext
        let namesClientWindow: Bool
        (clientWindowBits, namesClientWindow) = Self.clientWindow(
            asked.clientWindow, atMost: keepsClient ? options.clientWindowBitsMax : 15)
        // For a client that can't be told of a smaller window no larger one is kept.
        clientKeepsContext = keepsClient && clientWindowBits <= options.clientWindowBitsMax
        answer = Self.element(
            serverTakesNoContext: !serverKeepsContext, clientTakesNoContext: !clientKeepsContext,
            serverWindowBits: namesServerWindow ? serverWindowBits : nil,
            clientWindow: namesClientWindow ? .bits(clientWindowBits) : .unnamed)
    }

    /// The client's window, and whether the answer says so: only to a client that can be told (RFC 7692 §7.1.2.2).
    private static func clientWindow(
        _ asked: DeflateOffer.ClientWindow, atMost most: Int
    ) -> (bits: Int, isNamed: Bool) {
        switch asked {
        case .unnamed: (15, false)
        case .any: (most, most < 15)
        case .bits(let bits): (min(bits, most), true)
        }
    }

    // MARK: - A client

    /// The element by which a client offers what `options` wants, and says that its window may be limited.
    public static func offer(_ options: DeflateOptions = DeflateOptions()) -> ExtensionOffer {
        let server = options.serverWindowBitsMax
        let client = options.clientWindowBitsMax
        return element(
            serverTakesNoContext: !options.serverKeepsContext,
            clientTakesNoContext: !options.clientKeepsContext,
            serverWindowBits: server < 15 ? server : nil,
            clientWindow: client < 15 ? .bits(client) : .any)
    }

    /// Checks a server's answer to `offer`; nil when the connection must be failed: the answer is
    /// none to this offer, or asks for a client's window of 8 bits, which zlib can't deflate into.
    public init?(answer: ExtensionOffer, to offer: ExtensionOffer) {
        guard let asked = DeflateOffer(offer), let told = DeflateOffer(answer),
            told.serverTakesNoContext || !asked.serverTakesNoContext,
            let client = Self.clientWindow(told.clientWindow, asked.clientWindow)
        else { return nil }
        let server = told.serverWindowBits ?? 15
        guard server <= asked.serverWindowBits ?? 15 else { return nil }
        serverKeepsContext = !told.serverTakesNoContext
        clientKeepsContext = !told.clientTakesNoContext && !asked.clientTakesNoContext
        serverWindowBits = server
        clientWindowBits = client
        self.answer = answer
    }

    private static func clientWindow(
        _ told: DeflateOffer.ClientWindow, _ asked: DeflateOffer.ClientWindow
    ) -> Int? {
        switch (told, asked) {
        case (.unnamed, .bits(let most)): most
        case (.unnamed, _): 15
        case (.bits(let bits), .any): bits >= 9 ? bits : nil
        case (.bits(let bits), .bits(let most)): bits >= 9 && bits <= most ? bits : nil
        case (.any, _), (.bits, .unnamed): nil
        }
    }

    // MARK: - Both

    private static func element(
        serverTakesNoContext: Bool, clientTakesNoContext: Bool, serverWindowBits: Int?,
        clientWindow: DeflateOffer.ClientWindow
    ) -> ExtensionOffer {
        var parameters: [ExtensionOffer.Parameter] = []
        if serverTakesNoContext { parameters.append(.init("server_no_context_takeover")) }
        if clientTakesNoContext { parameters.append(.init("client_no_context_takeover")) }
        if let serverWindowBits {
            parameters.append(.init("server_max_window_bits", "\(serverWindowBits)"))
        }
        switch clientWindow {
        case .unnamed: break
        case .any: parameters.append(.init("client_max_window_bits"))
        case .bits(let bits): parameters.append(.init("client_max_window_bits", "\(bits)"))
        }
        return ExtensionOffer(PerMessageDeflate.name, parameters)
    }
}
