/// One element of `Sec-WebSocket-Extensions`: a token with its parameters (RFC 6455 §9.1).
public struct ExtensionOffer: Hashable, Sendable {
    /// One parameter; its value, unquoted, or nil when it has none.
    public struct Parameter: Hashable, Sendable {
        /// The parameter's name, as written.
        public let name: String
        /// The parameter's value, or nil when there is no `=`.
        public let value: String?

        /// A parameter. Name and value must be tokens; one that is not is never written.
        public init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }

        var isToken: Bool {
            FieldScanner.isToken(name) && FieldScanner.isToken(value ?? "1")
        }
    }

    /// The extension's registered name, such as `permessage-deflate`.
    public let name: String
    /// The parameters in order; a name may occur twice, which is for the extension to judge.
    public let parameters: [Parameter]

    /// An offer, or the answer to one.
    public init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// The offer as it is written in the field; parameters that are not tokens are left out.
    var fieldValue: String {
        parameters.filter(\.isToken).reduce(name) { value, parameter in
            let assigned = parameter.value.map { "=\($0)" } ?? ""
            return "\(value); \(parameter.name)\(assigned)"
        }
    }
}

extension FieldScanner {
    /// The offers of `Sec-WebSocket-Extensions`, the first `max` of them; nil when the value
    /// breaks the grammar, none when there is no value. Those beyond `max` are counted.
    static func extensions(
        _ value: [UInt8]?, max: Int, declined: inout Int
    ) -> [ExtensionOffer]? {
        guard let value else { return [] }
        var scanner = FieldScanner(value)
        return scanner.extensions(max: max, declined: &declined)
    }

    /// The same, of what is scanned.
    mutating func extensions(max: Int, declined: inout Int) -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        skipToElement()
        while next != nil {
            guard let offer = extensionOffer(), atElementEnd() else { return nil }
            if offers.count < max { offers.append(offer) } else { declined &+= 1 }
            skipToElement()
        }
        return offers
    }

    /// The same, whatever is beyond `max`.
    static func extensions(_ value: [UInt8]?, max: Int) -> [ExtensionOffer]? {
        var declined = 0
        return extensions(value, max: max, declined: &declined)
    }

    private mutating func extensionOffer() -> ExtensionOffer? {
        guard let name = token() else { return nil }
        var parameters: [ExtensionOffer.Parameter] = []
        skipSpace()
        while take(UInt8(ascii: ";")) {
            skipSpace()
            guard let parameter = parameter() else { return nil }
            parameters.append(parameter)
            skipSpace()
        }
        return ExtensionOffer(name, parameters)
    }

    private mutating func parameter() -> ExtensionOffer.Parameter? {
        guard let name = token() else { return nil }
        guard take(UInt8(ascii: "=")) else { return .init(name) }
        let value = next == UInt8(ascii: "\"") ? quotedToken() : token()
        guard let value else { return nil }
        return .init(name, value)
    }
}
