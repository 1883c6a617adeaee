internal import RNodeHTTP
internal import RNodeRooms
internal import RNodeWS

/// The limits whose breaches are counted, by the name of their field. The number is the place of the count.
///
/// What only spreads work over turns of a loop is none of them: nobody is refused anything by that.
enum LimitName: Int, CaseIterable, Sendable {
    // HTTP.
    case requestLineBytesMax, headerBlockBytesMax, headerFieldsMax
    case fieldNameBytesMax, fieldValueBytesMax, leadingEmptyLinesMax
    case pathSegmentsMax, queryPairsMax
    case chunkSizeDigitsMax, chunkExtensionBytesMax, chunkExtensionBytesTotalMax
    case bodyBytesMax, unreadBodyBytesMax
    case headerTimeout, requestTimeout, bodyBytesPerSecondMin, keepAliveTimeout
    case pipelinedRequestsMax, requestsPerConnectionMax
    // Opening.
    case handshakeTimeout, bytesBeforeOpenMax, offersMax, origins, clientIdBytes
    case connectionsMax, connectionsPerAddressMax
    // WebSocket.
    case frameBytesMax, messageBytesMax, inflateRatioMax, fragmentsMax, controlFrameBytes
    case unfinishedMessageTimeout, pongTimeout, closeTimeout, connectionAgeMax
    case messagesPerSecondMax, rateBreachTimeout, controlFramesPerSecondMax
    case blockedNoticesPerSecondMax, messageIdBytes, deflateContextBytesMax
    // Memory and queues.
    case outputHardCapBytes, outputStallTimeout, outboundBytesMax, unfinishedBytesMax
    case mailboxItemsMax, lookUpsMax, fileReadsWaitingMax
    // Rooms and JSON.
    case roomsPerConnectionMax, roomsPerProcessMax
    case roomNameBytesMax, roomDescriptionBytesMax, roomMetadataBytesMax, emptyRoomTimeToLive
    case jsonDepthMax, jsonKeysMax, jsonNumberDigitsMax
    // The end.
    case drainDeadline

    /// Its value as a label: the name in snake case.
    var label: String {
        var text = ""
        for character in "\(self)" {
            text += character.isUppercase ? "_\(character.lowercased())" : "\(character)"
        }
        return text
    }
}

// What was passed when this was wrong; nil when it was no limit.
extension LimitName {
    init?(_ error: HTTPParseError) {
        switch error.kind {
        case .targetTooLong: self = .requestLineBytesMax
        case .headTooLarge: self = .headerBlockBytesMax
        case .tooManyFields: self = .headerFieldsMax
        case .fieldNameTooLarge: self = .fieldNameBytesMax
        case .fieldTooLarge: self = .fieldValueBytesMax
        case .badEmptyLine: self = .leadingEmptyLinesMax
        case .tooManySegments: self = .pathSegmentsMax
        case .tooManyQueryPairs: self = .queryPairsMax
        case .chunkSizeTooLong: self = .chunkSizeDigitsMax
        case .chunkExtensionTooLarge: self = .chunkExtensionBytesMax
        case .chunkExtensionsTooLarge: self = .chunkExtensionBytesTotalMax
        case .bodyTooLarge: self = .bodyBytesMax
        case .headerTimeout: self = .headerTimeout
        case .requestTimeout: self = .requestTimeout
        case .bodyTooSlow: self = .bodyBytesPerSecondMin
        default: return nil
        }
    }

    init?(_ error: WebSocketError) {
        switch error {
        case .frameTooBig: self = .frameBytesMax
        case .messageTooBig: self = .messageBytesMax
        case .inflateRatioExceeded: self = .inflateRatioMax
        case .tooManyFragments: self = .fragmentsMax
        case .controlTooLong: self = .controlFrameBytes
        case .unfinishedMessage: self = .unfinishedMessageTimeout
        case .pongTimeout: self = .pongTimeout
        case .closeTimeout: self = .closeTimeout
        case .tooManyMessages: self = .rateBreachTimeout
        case .tooManyControlFrames: self = .controlFramesPerSecondMax
        case .tooMuchUnfinished: self = .unfinishedBytesMax
        default: return nil
        }
    }

    init?(_ error: RoomError) {
        switch error {
        case .tooManyRooms: self = .roomsPerConnectionMax
        case .tooManyRoomsInProcess: self = .roomsPerProcessMax
        default: return nil
        }
    }

    /// The same of what a room is made with; a name may also be wrong without being too long.
    init?(roomText error: RoomError) {
        switch error.field {
        case "description": self = .roomDescriptionBytesMax
        case "metadata": self = .roomMetadataBytesMax
        default: self.init(error)
        }
    }

    init?(_ fault: JSONFault) {
        switch fault {
        case .malformed: return nil
        case .tooDeep: self = .jsonDepthMax
        case .tooManyKeys: self = .jsonKeysMax
        case .numberTooLong: self = .jsonNumberDigitsMax
        }
    }
}
