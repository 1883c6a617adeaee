/// The first message of a connection, with what onWelcome changed: any field can be, and others added.
struct Welcome {
    private let type: String
    private let connectionID: String
    private let clientID: String
    private let path: String
    private let change: WebSocketEventChange

    private static let names: Set = ["type", "connection_id", "client_id", "path", "timestamp"]

    init(_ peer: WebSocketPeer, _ change: WebSocketEventChange) {
        type = change.fields["type"] ?? "welcome"
        connectionID = change.fields["connection_id"] ?? peer.id.description
        clientID = change.clientId ?? change.fields["client_id"] ?? peer.clientID
        path = change.fields["path"] ?? peer.request.path
        self.change = change
    }

    func write(at timestamp: Timestamp, into output: inout ByteBuffer) {
        ControlWriter.welcome(
            type: type, connectionID: connectionID, clientID: clientID, path: path,
            at: change.fields["timestamp"] ?? timestamp.string, into: &output)
        let added = change.fields.filter { !Self.names.contains($0.key) }
            .sorted { $0.key < $1.key }
        guard !added.isEmpty else { return }
        // The object is reopened for what was added.
        output.truncate(to: output.count - 1)
        for (name, value) in added {
            output.append(UInt8(ascii: ","))
            ControlWriter.appendString(name, to: &output)
            output.append(UInt8(ascii: ":"))
            ControlWriter.appendString(value, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }
}
