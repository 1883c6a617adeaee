private let tag = ConformanceServer.fileTag
private let date = ConformanceServer.fileDate
private let earlier = "Sat, 05 Nov 1994 08:49:37 GMT"
private let later = "Mon, 07 Nov 1994 08:49:37 GMT"
private let content = "0123456789"

private func whole() -> ConformanceCase.Answer {
    status(200).saying(content).with("Content-Length: 10").without("content-range")
}

private func part(_ text: String, _ first: Int, _ last: Int) -> ConformanceCase.Answer {
    status(206).saying(text).with("Content-Range: bytes \(first)-\(last)/10", "ETag: \(tag)")
}

private func unmodified() -> ConformanceCase.Answer {
    status(304).with("ETag: \(tag)").without("content-type", "content-length")
}

/// RFC 9110 sections 8.8 and 13: validators and conditions, for files.
let conditionCases: [ConformanceCase] = [
    .should(
        "9110-8.8.2-01", "a file's answer has Last-Modified", req("GET /file"),
        [whole().with("Last-Modified: \(date)")]),
    .should(
        "9110-8.8.3-01", "a file's answer has a strong ETag", req("GET /file"),
        [whole().with("ETag: \(tag)")]),
    .must(
        "9110-13.1.1-01", "If-Match of another version is 412",
        req("GET /file", "If-Match: \"other\""), [status(412)]),
    .must(
        "9110-13.1.1-02", "If-Match of this version is served",
        req("GET /file", "If-Match: \"other\", \(tag)"), [whole()]),
    .must("9110-13.1.1-03", "If-Match: * is served", req("GET /file", "If-Match: *"), [whole()]),
    .must(
        "9110-13.1.1-04", "If-Match compares strongly", req("GET /file", "If-Match: W/\(tag)"),
        [status(412)]),
    .must(
        "9110-13.1.2-01", "If-None-Match of this version is 304",
        req("GET /file", "If-None-Match: \(tag)"), [unmodified()]),
    .must(
        "9110-13.1.2-02", "If-None-Match compares weakly",
        req("GET /file", "If-None-Match: W/\(tag)"), [unmodified()]),
    .must(
        "9110-13.1.2-03", "If-None-Match finds a version in a list",
        req("GET /file", "If-None-Match: \"a,b\" , \(tag)"), [unmodified()]),
    .must(
        "9110-13.1.2-04", "If-None-Match: * is 304", req("GET /file", "If-None-Match: *"),
        [unmodified()]),
    .must(
        "9110-13.1.2-05", "If-None-Match of another version is served",
        req("GET /file", "If-None-Match: \"other\""), [whole()]),
    .must(
        "9110-13.1.2-06", "HEAD is 304 too", req("HEAD /file", "If-None-Match: \(tag)"),
        [unmodified().head]),
    .must(
        "9110-13.1.3-01", "If-Modified-Since of the same moment is 304",
        req("GET /file", "If-Modified-Since: \(date)"), [unmodified()]),
    .must(
        "9110-13.1.3-02", "If-Modified-Since of an earlier moment is served",
        req("GET /file", "If-Modified-Since: \(earlier)"), [whole()]),
    .must(
        "9110-13.1.3-03", "If-Modified-Since is ignored beside If-None-Match",
        req("GET /file", "If-Modified-Since: \(date)", "If-None-Match: \"other\""), [whole()]),
    .must(
        "9110-13.1.3-04", "If-Modified-Since that is no date is ignored",
        req("GET /file", "If-Modified-Since: yesterday"), [whole()]),
    .must(
        "9110-13.1.4-01", "If-Unmodified-Since of an earlier moment is 412",
        req("GET /file", "If-Unmodified-Since: \(earlier)"), [status(412)]),
    .must(
        "9110-13.1.4-02", "If-Unmodified-Since of a later moment is served",
        req("GET /file", "If-Unmodified-Since: \(later)"), [whole()]),
    .must(
        "9110-13.1.4-03", "If-Unmodified-Since is ignored beside If-Match",
        req("GET /file", "If-Unmodified-Since: \(earlier)", "If-Match: \(tag)"), [whole()]),
    .must(
        "9110-5.6.7-01", "a date of RFC 850 is read",
        req("GET /file", "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"), [unmodified()]),
    .must(
        "9110-5.6.7-02", "a date of asctime is read",
        req("GET /file", "If-Modified-Since: Sun Nov  6 08:49:37 1994"), [unmodified()]),
    .must(
        "9110-13.2.1-01", "conditions are ignored where the answer is no 2xx",
        req("GET /teapot-file", "If-None-Match: *"), [status(404).saying(content)]),
    .must(
        "9110-13.2.1-02", "conditions are ignored where nothing is found",
        req("GET /missing", "If-None-Match: *"), [status(404)]),
    .must(
        "9110-13.2.2-01", "If-Match is judged before If-None-Match",
        req("GET /file", "If-Match: \"other\"", "If-None-Match: \(tag)"), [status(412)]),
]

/// RFC 9110 section 14: ranges, for files.
let rangeCases: [ConformanceCase] = [
    .should(
        "9110-14.2-01", "a range is 206 with its place", req("GET /file", "Range: bytes=2-4"),
        [part("234", 2, 4)]),
    .should(
        "9110-14.2-02", "an open range goes to the end", req("GET /file", "Range: bytes=7-"),
        [part("789", 7, 9)]),
    .should(
        "9110-14.2-03", "a suffix is the last bytes", req("GET /file", "Range: bytes=-3"),
        [part("789", 7, 9)]),
    .must(
        "9110-14.1.2-01", "a last position beyond the end is the end",
        req("GET /file", "Range: bytes=5-9999"), [part("56789", 5, 9)]),
    .must(
        "9110-14.1.2-02", "a suffix longer than the whole is the whole",
        req("GET /file", "Range: bytes=-99"), [part(content, 0, 9)]),
    .must(
        "9110-14.1.2-03", "a last position beyond 64 bits is the end",
        req("GET /file", "Range: bytes=0-99999999999999999999999"), [part(content, 0, 9)]),
    .must(
        "9110-14.1.2-04", "the biggest last position is the end",
        req("GET /file", "Range: bytes=0-9223372036854775807"), [part(content, 0, 9)]),
    .must(
        "9110-14.1.2-05", "a suffix beyond 64 bits is the whole",
        req("GET /file", "Range: bytes=-99999999999999999999999"), [part(content, 0, 9)]),
    .should(
        "9110-15.5.17-01", "a range behind the end is 416 with the length",
        req("GET /file", "Range: bytes=10-"), [status(416).with("Content-Range: bytes */10")]),
    .should(
        "9110-15.5.17-02", "a suffix of nothing is 416", req("GET /file", "Range: bytes=-0"),
        [status(416).with("Content-Range: bytes */10")]),
    .should(
        "9110-15.5.17-03", "a first position beyond 64 bits is 416",
        req("GET /file", "Range: bytes=99999999999999999999999-"), [status(416)]),
    .must(
        "9110-14.2-04", "HEAD ignores Range", req("HEAD /file", "Range: bytes=2-4"),
        [status(200).head.with("Content-Length: 10").without("content-range")]),
    .must(
        "9110-14.2-05", "other methods ignore Range",
        req("POST /file", "Range: bytes=2-4", "Content-Length: 0"), [status(200).saying(content)]),
    .must(
        "9110-14.2-06", "an unknown unit is ignored", req("GET /file", "Range: lines=2-4"),
        [whole()]),
    .must(
        "9110-14.1-01", "a unit's name is case-insensitive", req("GET /file", "Range: BYTES=2-4"),
        [part("234", 2, 4)]),
    .may(
        "9110-14.2-07", "a range that runs backwards is ignored",
        req("GET /file", "Range: bytes=4-2"), [whole()]),
    .may(
        "9110-14.2-08", "several ranges are ignored", req("GET /file", "Range: bytes=0-1,3-4"),
        [whole()]),
    .may(
        "9110-14.2-09", "what is no range is ignored", req("GET /file", "Range: bytes=x-y"),
        [whole()]),
    .must(
        "9110-14.2-10", "a range of a page that is no 200 is ignored",
        req("GET /teapot-file", "Range: bytes=2-4"), [status(404).saying(content)]),
    .must(
        "9110-14.2-11", "a condition is judged before a range",
        req("GET /file", "Range: bytes=2-4", "If-None-Match: \(tag)"), [unmodified()]),
    .must(
        "9110-13.1.5-01", "If-Range of this version gives the range",
        req("GET /file", "Range: bytes=2-4", "If-Range: \(tag)"), [part("234", 2, 4)]),
    .must(
        "9110-13.1.5-02", "If-Range of another version gives the whole",
        req("GET /file", "Range: bytes=2-4", "If-Range: \"other\""), [whole()]),
    .must(
        "9110-13.1.5-03", "If-Range compares strongly",
        req("GET /file", "Range: bytes=2-4", "If-Range: W/\(tag)"), [whole()]),
    .must(
        "9110-13.1.5-04",
        "If-Range with a date, which is no strong validator here, gives the whole",
        req("GET /file", "Range: bytes=2-4", "If-Range: \(date)"), [whole()]),
    .must(
        "9110-13.1.5-05", "If-Range without Range is ignored",
        req("GET /file", "If-Range: \"other\""), [whole()]),
    .may(
        "9110-14.3-01", "a file's answer says that it has ranges", req("GET /file"),
        [whole().with("Accept-Ranges: bytes")]),
    .must(
        "9110-14.2-12", "a range of nothing is 416", req("GET /empty", "Range: bytes=0-"),
        [status(416).with("Content-Range: bytes */0")]),
    .may(
        "9110-14.2-13", "a suffix of the empty file is the empty file",
        req("GET /empty", "Range: bytes=-5"), [status(200).saying("")]),
]

/// RFC 9110 section 15, with section 6: what answers say of themselves.
let statusCases: [ConformanceCase] = [
    .must("9110-6.6.1-01", "an answer is dated", req("GET /fixed"), [status(200).with("Date")]),
    .must(
        "9110-6.6.1-02", "a refusal is dated", req("GET /a", "X : y"), [status(400).with("Date")],
        .closed),
    .should(
        "9110-8.3-01", "content has its type", req("GET /fixed"),
        [status(200).with("Content-Type: text/plain; charset=utf-8")]),
    .must(
        "9110-8.6-03", "content has its length", req("GET /fixed"),
        [status(200).saying("fixed").with("Content-Length: 5")]),
    .must(
        "9112-6-05", "a handler's own framing fields are not sent", req("GET /framed"),
        [
            status(200).saying("abc").with("Content-Length: 3").without(
                "transfer-encoding", "trailer")
        ]),
    .must(
        "9110-15.3.5-01", "204 has no content and no length", req("GET /status/204"),
        [status(204).without("content-length", "transfer-encoding")]),
    .must(
        "9110-15.3.6-01", "205 has no content", req("GET /status/205"),
        [status(205).saying("").with("Content-Length: 0")]),
    .must("9110-15.4.5-01", "304 has no content", req("GET /status/304"), [status(304)]),
    .should(
        "9110-15.5.1-01", "an error says what is wrong", req("GET /a", "X : y"),
        [status(400).saying("{\"success\":false,\"error\":\"Malformed field name\"}")], .closed),
    .should("9110-15.5.5-01", "what is not there is 404", req("GET /nobody"), [status(404)]),
    .should(
        "9110-15.6.1-01", "a handler that throws is 500, and says nothing of it",
        req("GET /throws"),
        [status(500).saying("{\"success\":false,\"error\":\"Internal server error\"}")]),
    .must(
        "9110-5.5-06", "a handler's CR and LF never reach a field", req("GET /injected"),
        [status(500).without("set-cookie", "x")]),
    .should(
        "9110-15.6.2-01", "501 says why", req("BREW /a"),
        [status(501).saying("{\"success\":false,\"error\":\"Unknown method\"}")], .closed),
    .should(
        "9110-15.6.6-01", "505 says why", "GET /a HTTP/3.0\r\nHost: h\r\n\r\n",
        [status(505).saying("{\"success\":false,\"error\":\"Unsupported HTTP version\"}")], .closed),
    .must(
        "9112-4-01", "a status line has three digits and a space, its phrase may be missing",
        req("GET /status/299"), [status(299)]),
]
