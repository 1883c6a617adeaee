import RNodeApp

/// An event as the journal shows it, under the names of the API document.
struct JournalEntry: Encodable, Sendable {
    let event: String
    let connectionId: String
    let path: String
    let handlerId: String
    let timestamp: String
    let client_id: String
    let metadata: [String: String]
    let data: String?
    let dataHex: String?
    let room_id: String?
    let target_client_id: String?
    let from_client_id: String?
    let message: String?
    let error: String?
    let error_type: String?
    let type: String?
    let closeCode: UInt16?
    private(set) var parameters: [String: String]?
    private(set) var query: [String: String]?
    private(set) var xInterop: String?
    private(set) var remoteAddress: String?

    init(_ event: borrowing WebSocketEventData) {
        self.event = event.event.name
        connectionId = event.connectionId
        path = event.path
        handlerId = event.handlerId
        timestamp = event.timestamp
        client_id = event.clientId
        metadata = event.connection.metadata
        data = event.data
        dataHex = Self.bytesOfFrame(event).map(Self.hexadecimal)
        room_id = event.roomId
        target_client_id = event.targetClientId
        from_client_id = event.fromClientId
        message = event.message
        error = event.error
        error_type = event.errorType
        type = event.type
        closeCode = event.closeCode
        if event.event == .onConnect { addRequest(event.connection.request) }
    }

    private mutating func addRequest(_ request: OpeningRequest) {
        let named = request.params.names.map { ($0, request.params[$0] ?? "") }
        parameters = Dictionary(named) { $1 }
        query = Dictionary(request.query.pairs.map { ($0.name, $0.value) }) { $1 }
        xInterop = HTTPField.Name("X-Interop").flatMap { request.fields[$0] }
        remoteAddress = request.remoteAddress
    }

    /// The bytes of a binary message, or of a ping or pong frame.
    private static func bytesOfFrame(_ event: borrowing WebSocketEventData) -> [UInt8]? {
        let isFrame = [.onBinaryMessage, .onPing, .onPong].contains(event.event)
        guard isFrame, event.data == nil else { return nil }
        return event.withBytes { $0.copied() }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
