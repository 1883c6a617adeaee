/// What somebody asks a room to be, before it is one.
package struct RoomDraft: Sendable {
    package var name: String
    package var description: String?
    package var maxConnections: Int?
    package var metadata: [String: String]

    package init(
        name: String, description: String? = nil, maxConnections: Int? = nil,
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.description = description
        self.maxConnections = maxConnections
        self.metadata = metadata
    }

    init(_ record: RoomRecord) {
        self.init(
            name: record.name, description: record.description,
            maxConnections: record.maxConnections, metadata: record.metadata)
    }

    /// Checks every field against `limits`.
    package func validate(_ limits: RoomLimits) throws(RoomError) {
        try validateName(bytesMax: limits.roomNameBytesMax)
        if let description, description.utf8.count > limits.roomDescriptionBytesMax {
            throw .validation(
                field: "description",
                reason: "must have at most \(limits.roomDescriptionBytesMax) bytes")
        }
        if let maxConnections, maxConnections <= 0 {
            throw .validation(field: "maxConnections", reason: "must be 1 or more")
        }
        try Self.validate(metadata: metadata, limits)
    }

    private func validateName(bytesMax: Int) throws(RoomError) {
        guard (1...max(1, bytesMax)).contains(name.utf8.count) else {
            throw .validation(field: "name", reason: "must have 1 to \(bytesMax) bytes")
        }
        guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw .validation(field: "name", reason: "must not contain control characters")
        }
    }

    static func validate(
        metadata: [String: String], _ limits: RoomLimits
    ) throws(RoomError) {
        var total = 0
        for (key, value) in metadata {
            total &+= key.utf8.count &+ value.utf8.count
            guard total <= limits.roomMetadataBytesMax else {
                throw .validation(
                    field: "metadata",
                    reason: "must have at most \(limits.roomMetadataBytesMax) bytes")
            }
        }
    }
}
