/// The first message of a connection, with what onWelcome changed.
struct Welcome {
    private let connectionID: String
    private let clientID: String
    private let path: String
    private let change: WebSocketEventChange

    init(_ peer: WebSocketPeer, _ change: WebSocketEventChange) {
        connectionID = change.fields["connection_id"] ?? peer.id.description
        clientID = change.clientId ?? change.fields["client_id"] ?? peer.clientID
        path = change.fields["path"] ?? peer.request.path
        self.change = change
    }

    func write(at timestamp: Timestamp, into output: inout ByteBuffer) {
        ControlWriter.welcome(
            connectionID: connectionID, clientID: clientID, path: path, at: timestamp,
            into: &output)
        let known: Set = ["type", "connection_id", "client_id", "path", "timestamp"]
        let added = change.fields.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
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
