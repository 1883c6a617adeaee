/// Where the parts of a request's head are, and how far its parser has come.
///
/// Positions count from the head's first byte; those in the fields from where the fields begin, so that what is
/// known of them holds behind another request line, too. The table of fields keeps its memory from one head to the
/// next, so a head costs no allocation once the table has grown.
struct HeadLayout {
    /// A run of bytes in the head; heads are far below 4 GiB (`HTTPLimits.validate`).
    struct Run {
        var start: UInt32 = 0
        var end: UInt32 = 0

        init() {}

        /// `range`, counted from `place`.
        init(_ range: Range<Int>, from place: Int = 0) {
            start = UInt32(truncatingIfNeeded: range.lowerBound &- place)
            end = UInt32(truncatingIfNeeded: range.upperBound &- place)
        }

        var range: Range<Int> { range(from: 0) }

        /// The range of a run that is counted from `place`.
        func range(from place: Int) -> Range<Int> {
            let place = UInt32(truncatingIfNeeded: place)
            let (first, last) = (start &+ place, end &+ place)
            return Int(min(first, last))..<Int(last)
        }
    }

    struct Field {
        let name: Run
        let value: Run
    }

    enum Phase: UInt8 {
        case requestLine, firstField, fields
    }

    struct Marks: OptionSet {
        let rawValue: UInt8
        static let host = Marks(rawValue: 1)
        static let contentLength = Marks(rawValue: 2)
        static let transferEncoding = Marks(rawValue: 4)
        static let expectContinue = Marks(rawValue: 8)
        static let expectUnknown = Marks(rawValue: 16)
        static let connectionClose = Marks(rawValue: 32)
        static let connectionKeepAlive = Marks(rawValue: 64)
        static let upgradeWebSocket = Marks(rawValue: 128)
    }

    /// Read in place: copying them for every head would cost more than parsing a short one.
    let limits: HTTPLimits

    // What the request line says. It stays until the next head's is read: that head may have the same line.
    var method = RequestMethod.get
    var version = HTTPVersion.http11
    var target = Run()
    var path = Run()
    var query = Run()
    /// The target's own authority, which wins over Host (RFC 9112 section 3.2.2).
    var targetAuthority: Run?
    /// Whether the target is absolute, and ends where its path would begin.
    var lacksPath = false
    /// The line with its end, which nothing is in front of; 0 until the head is known to be right as a whole.
    var lineLength = 0
    /// A number that only heads with this line have; another number may mean the same line.
    private(set) var lineNumber: UInt64 = 0

    // What the fields say. It stays until the next head's request line is read: that head may have the same fields.
    var marks: Marks = []
    var declaredLength: UInt64 = 0
    var host = Run()
    /// The table; only the first `fieldCount` places belong to this head.
    private(set) var fields: [Field] = []
    private(set) var fieldCount = 0
    /// Bytes in the lines of the fields so far, with their CRLFs.
    var blockBytes = 0
    /// Where the fields begin.
    var fieldsStart = 0
    /// The fields with the empty line behind them; 0 until they are known to be right as a whole.
    var fieldsLength = 0
    /// Where the head before had its host, counted from its first byte; empty where none is known to be right.
    var hostBefore = Run()

    // What both say.
    var body = RequestBody.none

    // Where the parser is.
    var phase = Phase.requestLine
    var emptyLines = 0
    var lineStart = 0
    /// No line ends before this place; scanning goes on here.
    var scanned = 0
    /// Bytes looked at so far, those looked at twice counted twice: tests hold it linear. What was compared with the head
    /// before in vain is not counted; that is each byte once at most.
    var examined = 0

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether a byte of the request has come, and not empty lines alone.
    var hasBegun: Bool { phase != .requestLine || scanned != lineStart }

    /// Where the host and port asked for are.
    var authority: Range<Int> { targetAuthority?.range ?? host.range(from: fieldsStart) }

    /// Where the name of the field at `position` is; nothing where this head has none.
    func name(_ position: Int) -> Range<Int> {
        hasField(position) ? fields[position].name.range(from: fieldsStart) : 0..<0
    }

    /// Where the value of the field at `position` is; nothing where this head has none.
    func value(_ position: Int) -> Range<Int> {
        hasField(position) ? fields[position].value.range(from: fieldsStart) : 0..<0
    }

    private func hasField(_ position: Int) -> Bool { position >= 0 && position < fieldCount }

    /// Adds a field, in the memory of an earlier head's if there is any.
    @inline(__always)
    mutating func append(_ field: Field) {
        if fieldCount < fields.count {
            fields[fieldCount] = field
        } else {
            fields.append(field)
        }
        fieldCount &+= 1
    }

    /// Ready for the next head; what the fields said stays.
    mutating func reset() {
        method = .get
        version = .http11
        target = Run()
        path = Run()
        query = Run()
        targetAuthority = nil
        lacksPath = false
        lineLength = 0
        lineNumber &+= 1
        body = .none
        phase = .requestLine
        emptyLines = 0
        lineStart = 0
        scanned = 0
        examined = 0
    }

    /// Behind the request line of the next head, which is the one that is here, with no empty line in front.
    @inline(__always)
    mutating func beginAgain() {
        body = .none
        phase = .firstField
        lineStart = lineLength
        scanned = lineLength
        examined = lineLength
    }

    /// Ready for fields that begin here; the table's memory stays.
    mutating func resetFields() {
        hostBefore = fieldsLength > 0 ? Run(host.range(from: fieldsStart)) : Run()
        marks = []
        declaredLength = 0
        host = Run()
        fieldCount = 0
        blockBytes = 0
        fieldsStart = lineStart
        fieldsLength = 0
        phase = .fields
    }

    /// Takes over what `other` says, into this table's memory.
    mutating func copy(_ other: HeadLayout) {
        var table = fields
        let number = lineNumber &+ 1
        fields = []
        self = other
        lineNumber = number
        fieldCount = 0
        swap(&fields, &table)
        for field in table.prefix(other.fieldCount) { append(field) }
    }
}
