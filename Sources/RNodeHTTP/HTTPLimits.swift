/// How much of everything an HTTP/1.1 peer may ask for, and how long it may take.
///
/// One value for a server; the defaults suit the open internet. `validate()` is called once, at
/// start. Each limit names what is answered when it is passed; the connection closes afterwards.
public struct HTTPLimits: Sendable, Hashable {
    // MARK: - Head

    /// Bytes in the request line, its CRLF not counted. Beyond: 414.
    public var requestLineBytesMax = 8 * 1024
    /// Bytes in all field lines with their CRLFs, trailers included; the empty line behind them is not
    /// counted. Beyond: 431.
    public var headerBlockBytesMax = 16 * 1024
    /// Fields in a request, trailers included. Beyond: 431.
    public var headerFieldsMax = 100
    /// Bytes in a field's name. Beyond: 431.
    public var fieldNameBytesMax = 256
    /// Bytes in a field's value. Beyond: 431.
    public var fieldValueBytesMax = 8 * 1024
    /// Empty lines in front of a request line (RFC 9112 section 2.2). Beyond: 400.
    public var leadingEmptyLinesMax = 1
    /// Segments in a path. Beyond: 414.
    public var pathSegmentsMax = 64
    /// Pairs in a query. Beyond: 414.
    public var queryPairsMax = 128

    // MARK: - Body

    /// Hexadecimal digits in a chunk's size, leading zeros included. Beyond: 400.
    public var chunkSizeDigitsMax = 15
    /// Bytes of extensions on one chunk. Beyond: 400.
    public var chunkExtensionBytesMax = 256
    /// Bytes of chunk extensions in one body. Beyond: 400.
    public var chunkExtensionBytesTotalMax = 16 * 1024
    /// Bytes in a body after decoding. Beyond: 413, as soon as it is declared or has arrived.
    public var bodyBytesMax = 1024 * 1024
    /// Bytes of a body nobody read that are skipped to keep the connection. Beyond: close.
    public var unreadBodyBytesMax = 64 * 1024

    // MARK: - Connection

    /// Pipelined requests of one connection whose answers wait to be sent together; beyond, nothing more is
    /// read before they were.
    ///
    /// For a session's consumer: `HTTPSession` itself hands out one request at a time and leaves the bytes
    /// behind it untouched.
    public var pipelinedRequestsMax = 32
    /// Requests served on one connection, the last with `Connection: close`; nil is no limit.
    public var requestsPerConnectionMax: Int?

    // MARK: - Time

    // Nanoseconds inside: a deadline is computed on every turn, and `Duration` divides.
    var headerTimeoutNanoseconds: Int64 = 10_000_000_000
    var requestTimeoutNanoseconds: Int64 = 60_000_000_000
    var bodyRateWindowNanoseconds: Int64 = 10_000_000_000
    var keepAliveTimeoutNanoseconds: Int64 = 75_000_000_000

    /// From accept, or from a later request's first byte, to the end of its head. Beyond: 408.
    public var headerTimeout: Duration {
        get { .nanoseconds(headerTimeoutNanoseconds) }
        set { headerTimeoutNanoseconds = newValue.nanosecondsClamped }
    }

    /// From the same moment to the end of the body. Beyond: 408.
    public var requestTimeout: Duration {
        get { .nanoseconds(requestTimeoutNanoseconds) }
        set { requestTimeoutNanoseconds = newValue.nanosecondsClamped }
    }

    /// Bytes a second of a body, averaged over `bodyRateWindow`. Below: 408.
    public var bodyBytesPerSecondMin = 1024

    /// The time over which `bodyBytesPerSecondMin` is averaged.
    public var bodyRateWindow: Duration {
        get { .nanoseconds(bodyRateWindowNanoseconds) }
        set { bodyRateWindowNanoseconds = newValue.nanosecondsClamped }
    }

    /// How long a connection may stay open between requests. Beyond: close without an answer.
    ///
    /// It must exceed the idle timeout of a load balancer in front.
    public var keepAliveTimeout: Duration {
        get { .nanoseconds(keepAliveTimeoutNanoseconds) }
        set { keepAliveTimeoutNanoseconds = newValue.nanosecondsClamped }
    }

    /// The default limits.
    public init() {}
}

/// A limit that cannot be: it names its field, and what the field may hold.
public struct HTTPLimitsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the field of `HTTPLimits`.
    public let field: String
    /// What the field may hold.
    public let requirement: String

    /// The field's name and its range.
    public var description: String { "HTTPLimits.\(field) must be \(requirement)" }
}

extension HTTPLimits {
    /// Refuses limits out of range, naming the first such field.
    ///
    /// - Throws: `HTTPLimitsError`.
    public func validate() throws(HTTPLimitsError) {
        // 16 MiB for a head keeps every offset in it far inside 32 bits.
        let head = 16 * 1024 * 1024
        try check("requestLineBytesMax", requestLineBytesMax, 64...head)
        try check("headerBlockBytesMax", headerBlockBytesMax, 64...head)
        try check("headerFieldsMax", headerFieldsMax, 1...100_000)
        try check("fieldNameBytesMax", fieldNameBytesMax, 17...head)
        try check("fieldValueBytesMax", fieldValueBytesMax, 1...head)
        try check("leadingEmptyLinesMax", leadingEmptyLinesMax, 0...16)
        try check("pathSegmentsMax", pathSegmentsMax, 1...TrieSearch.segmentsMax)
        try check("queryPairsMax", queryPairsMax, 1...100_000)
        try check("chunkSizeDigitsMax", chunkSizeDigitsMax, 1...15)
        try check("chunkExtensionBytesMax", chunkExtensionBytesMax, 1...head)
        try check("chunkExtensionBytesTotalMax", chunkExtensionBytesTotalMax, 1...head)
        try check("bodyBytesMax", bodyBytesMax, 1...WireLength.decimalMax)
        try check("unreadBodyBytesMax", unreadBodyBytesMax, 1...WireLength.decimalMax)
        try check("pipelinedRequestsMax", pipelinedRequestsMax, 1...65_536)
        try check("requestsPerConnectionMax", requestsPerConnectionMax ?? 1, 1...Int(Int32.max))
        try check("bodyBytesPerSecondMin", bodyBytesPerSecondMin, 1...head)
        try checkTimes()
    }

    private func checkTimes() throws(HTTPLimitsError) {
        try check("headerTimeout", nanoseconds: headerTimeoutNanoseconds)
        try check("requestTimeout", nanoseconds: requestTimeoutNanoseconds)
        try check("bodyRateWindow", nanoseconds: bodyRateWindowNanoseconds)
        try check("keepAliveTimeout", nanoseconds: keepAliveTimeoutNanoseconds)
    }

    private func check(
        _ field: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(HTTPLimitsError) {
        guard !range.contains(value) else { return }
        throw HTTPLimitsError(
            field: field, requirement: "in \(range.lowerBound)...\(range.upperBound)")
    }

    private func check(_ field: String, nanoseconds: Int64) throws(HTTPLimitsError) {
        // A millisecond is the finest tick; a day is the longest that makes sense.
        guard !(1_000_000...86_400_000_000_000).contains(nanoseconds) else { return }
        throw HTTPLimitsError(field: field, requirement: "between 1 millisecond and 24 hours")
    }
}
