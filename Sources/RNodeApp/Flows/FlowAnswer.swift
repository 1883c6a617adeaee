/// Who is told how a join or leave went: the client by a message, or the server's code that asked.
struct FlowAnswer {
    /// The id of the client's message, to be echoed.
    var id: MessageID?
    /// Whether a refusal is told to the client.
    var tellsClient: Bool
    /// Called once with nil or what refused it.
    var completion: ((RoomError?) -> Void)?

    /// The answer to a message of the client.
    static func client(_ id: MessageID?) -> FlowAnswer {
        FlowAnswer(id: id, tellsClient: true)
    }

    /// The answer to a call of the server's.
    static func server(_ completion: @escaping (RoomError?) -> Void) -> FlowAnswer {
        FlowAnswer(tellsClient: false, completion: completion)
    }

    func complete(_ error: RoomError?) {
        completion?(error)
    }

    func refuse(_ error: RoomError, _ peer: WebSocketPeer) {
        if tellsClient {
            peer.writeError(error, id: id)
            if error == .tooManyRooms { peer.joinRefused() }
        }
        completion?(error)
    }
}
