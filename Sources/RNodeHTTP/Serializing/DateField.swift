/// The line `Date: Sun, 06 Nov 1994 08:49:37 GMT`, written once a second (RFC 9110 section 6.6.1).
struct DateField {
    private var seconds: Int64?
    /// The line with its CRLF.
    private(set) var line: [UInt8] = []
    /// The line as a head's last one: with the empty line that ends the head.
    private(set) var lastLine: [UInt8] = []

    /// Writes the line for `unixSeconds` unless it is there; moments before 1970 count as 1970.
    mutating func set(unixSeconds: Int64) {
        let clamped = min(max(unixSeconds, 0), HTTPDate.secondsMax)
        guard clamped != seconds else { return }
        seconds = clamped
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: "Date: ".utf8)
        HTTPDate.append(clamped, to: &line)
        line.append(contentsOf: "\r\n".utf8)
        lastLine.removeAll(keepingCapacity: true)
        lastLine.append(contentsOf: line)
        lastLine.append(contentsOf: "\r\n".utf8)
    }
}
