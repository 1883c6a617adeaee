import RNodeRooms
import Synchronization

final class NotedDelivery: RoomDelivery {
    private let notes = Mutex<[(RoomID, [UInt8])]>([])

    var all: [(RoomID, [UInt8])] { notes.withLock { $0 } }

    func deliver(_ payload: Span<UInt8>, to room: RoomID) {
        var bytes: [UInt8] = []
        for index in payload.indices { bytes.append(payload[index]) }
        notes.withLock { $0.append((room, bytes)) }
    }
}
