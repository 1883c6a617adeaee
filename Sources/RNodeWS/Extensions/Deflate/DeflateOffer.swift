/// The parameters of one `permessage-deflate` element, read to the letter (RFC 7692 §7.1).
///
/// The same grammar serves a client's offer and a server's answer, but for `client_max_window_bits`, which only an
/// offer may name without a value.
struct DeflateOffer {
    /// What an element says about the client's window.
    enum ClientWindow: Equatable {
        /// Nothing.
        case unnamed
        /// It may be asked for any.
        case any
        /// At most this.
        case bits(Int)
    }

    private(set) var serverTakesNoContext = false
    private(set) var clientTakesNoContext = false
    private(set) var serverWindowBits: Int?
    private(set) var clientWindow = ClientWindow.unnamed

    /// Reads an element; nil when it is no permessage-deflate, or a parameter is unknown, doubled, or has a value it
    /// must not have: then it must be declined (RFC 7692 §7.1).
    init?(_ element: ExtensionOffer) {
        guard element.name == PerMessageDeflate.name else { return nil }
        var names: Set<String> = []
        for parameter in element.parameters {
            guard names.insert(parameter.name).inserted, take(parameter) else { return nil }
        }
    }

    private mutating func take(_ parameter: ExtensionOffer.Parameter) -> Bool {
        switch (parameter.name, parameter.value) {
        case ("server_no_context_takeover", nil): serverTakesNoContext = true
        case ("client_no_context_takeover", nil): clientTakesNoContext = true
        case ("client_max_window_bits", nil): clientWindow = .any
        case ("client_max_window_bits", let value?):
            guard let bits = Self.bits(value) else { return false }
            clientWindow = .bits(bits)
        case ("server_max_window_bits", let value?):
            guard let bits = Self.bits(value) else { return false }
            serverWindowBits = bits
        default: return false
        }
        return true
    }

    /// 8 to 15 without leading zeros (RFC 7692 §7.1.2).
    private static func bits(_ value: String) -> Int? {
        switch value {
        case "8": 8
        case "9": 9
        case "10": 10
        case "11": 11
        case "12": 12
        case "13": 13
        case "14": 14
        case "15": 15
        default: nil
        }
    }
}
