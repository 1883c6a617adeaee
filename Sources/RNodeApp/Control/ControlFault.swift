/// What is wrong with a control message: its `error_type`, and a sentence for the client.
enum ControlFault: Error, Sendable {
    // Not this shape.
    case roomIDMissing, roomIDNotAString
    case targetMissing, targetNotAString
    case payloadMissing
    case idMissing, idNotAString
    case fieldTwice
    // Right shape, wrong value.
    case idInvalid
    case targetInvalid
    case payloadTwice

    /// `invalid_format` or `validation_error`.
    var errorType: String {
        switch self {
        case .idInvalid, .targetInvalid, .payloadTwice: "validation_error"
        default: "invalid_format"
        }
    }

    /// One sentence for the client.
    var message: String {
        switch self {
        case .roomIDMissing: "room_id is missing"
        case .roomIDNotAString: "room_id must be a string"
        case .targetMissing: "target_client_id is missing"
        case .targetNotAString: "target_client_id must be a string"
        case .payloadMissing: "message or data is missing"
        case .idMissing: "id is missing"
        case .fieldTwice: "a field occurs twice"
        case .idNotAString: "id must be a string"
        case .idInvalid: "id must have 1 to 64 bytes"
        case .targetInvalid: "target_client_id must have 1 to 128 bytes and no controls"
        case .payloadTwice: "message and data exclude each other"
        }
    }
}
