/// Where the parts of a request's head are, and how far its parser has come.
///
/// Positions count from the head's first byte. The table of fields keeps its memory from one head to
/// the next, so a head costs no allocation once the table has grown.
struct HeadLayout {
    /// A run of bytes in the head; heads are far below 4 GiB (`HTTPLimits.validate`).
    struct Run {
        var start: UInt32 = 0
        var end: UInt32 = 0

        init() {}

        init(_ range: Range<Int>) {
            start = UInt32(truncatingIfNeeded: range.lowerBound)
            end = UInt32(truncatingIfNeeded: range.upperBound)
        }

        var range: Range<Int> { Int(min(start, end))..<Int(end) }
    }

    struct Field {
        let name: Run
        let value: Run
    }

    enum Phase: UInt8 {
        case requestLine, fields
    }

    struct Marks: OptionSet {
        let rawValue: UInt16
        static let host = Marks(rawValue: 1)
        static let contentLength = Marks(rawValue: 2)
        static let transferEncoding = Marks(rawValue: 4)
        static let expectContinue = Marks(rawValue: 8)
        static let expectUnknown = Marks(rawValue: 16)
        static let connectionClose = Marks(rawValue: 32)
        static let connectionKeepAlive = Marks(rawValue: 64)
        static let upgradeWebSocket = Marks(rawValue: 128)
        static let absoluteTarget = Marks(rawValue: 256)
        static let emptyPath = Marks(rawValue: 512)
    }

    /// Read in place: copying them for every head would cost more than parsing a short one.
    let limits: HTTPLimits

    // What was found.
    var method = RequestMethod.get
    var version = HTTPVersion.http11
    var marks: Marks = []
    var body = RequestBody.none
    var declaredLength: UInt64 = 0
    var target = Run()
    var path = Run()
    var query = Run()
    var authority = Run()
    /// The table; only the first `fieldCount` places belong to this head.
    private(set) var fields: [Field] = []
    private(set) var fieldCount = 0

    // Where the parser is.
    var phase = Phase.requestLine
    var emptyLines = 0
    var lineStart = 0
    /// No line ends before this place; scanning goes on here.
    var scanned = 0
    /// Bytes in the lines of the fields so far, with their CRLFs.
    var blockBytes = 0
    /// Bytes looked at so far, those looked at twice counted twice: tests hold it linear.
    var examined = 0

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Whether a byte of the request has come, and not empty lines alone.
    var hasBegun: Bool { phase != .requestLine || scanned != lineStart }

    /// The field at `position`, or nil where this head has none.
    func field(_ position: Int) -> Field? {
        position >= 0 && position < fieldCount ? fields[position] : nil
    }

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

    /// Ready for the next head; the table's memory stays.
    mutating func reset() {
        method = .get
        version = .http11
        marks = []
        body = .none
        declaredLength = 0
        target = Run()
        path = Run()
        query = Run()
        authority = Run()
        fieldCount = 0
        phase = .requestLine
        emptyLines = 0
        lineStart = 0
        scanned = 0
        blockBytes = 0
        examined = 0
    }

    /// Takes over what `other` says, into this table's memory.
    mutating func copy(_ other: HeadLayout) {
        var table = fields
        fields = []
        self = other
        fieldCount = 0
        swap(&fields, &table)
        for field in table.prefix(other.fieldCount) { append(field) }
    }
}
