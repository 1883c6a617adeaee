/// The open objects and arrays around a place in a JSON text: a stack of fixed size.
struct JSONNesting {
    /// One bit for each level.
    static let depthMax = JSONLimits.depthCeiling

    private var kinds: UInt64 = 0
    private var keys = InlineArray<64, UInt16>(repeating: 0)
    private var level = 0
    private let levelMax: Int
    private let keysMax: Int

    /// Nothing open yet, inside `depth` levels that somebody else counts.
    init(depth: Int, limits: JSONLimits) {
        levelMax = min(limits.depthMax, Self.depthMax) &- depth
        keysMax = limits.keysMax
    }

    /// Whether anything is open.
    var isOpen: Bool { level > 0 }

    /// Whether the innermost is an object.
    var isObject: Bool { kinds & 1 == 1 }

    mutating func open(isObject: Bool) throws(JSONFault) {
        guard level < levelMax else { throw .tooDeep }
        kinds = kinds << 1 | (isObject ? 1 : 0)
        keys[level] = 0
        level &+= 1
    }

    mutating func close() {
        kinds >>= 1
        level = max(0, level &- 1)
    }

    /// Counts a key of the innermost object.
    mutating func countKey() throws(JSONFault) {
        guard level > 0, Int(keys[level &- 1]) < keysMax else { throw .tooManyKeys }
        keys[level &- 1] &+= 1
    }
}
