/// RFC 9112 section 3: the request line and its method.
let requestLineCases: [ConformanceCase] = [
    .refused(
        .should, "9112-3-01", "two spaces after the method are refused", 400,
        "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-3-02", "two spaces before the version are refused", 400,
        "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-3-03", "a tab between the parts is refused", 400,
        "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-3-04", "a space behind the version is refused", 400,
        "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-3-05", "a space before the method is refused", 400,
        " GET /a HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(.should, "9112-3-06", "a line of the method alone is refused", 400, "GET\r\n\r\n"),
    .refused(
        .should, "9112-3-07", "a target with a space in it is refused, not mended", 400,
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .must, "9112-3-08", "NUL in the request line is refused", 400,
        "GET /a\u{0} HTTP/1.1\r\nHost: h\r\n\r\n"),
    .should(
        "9112-3-09", "a request line of 8,000 bytes is supported",
        req("GET /a?\(String(repeating: "q", count: 7_983))"),
        [saw("GET /a?\(String(repeating: "q", count: 7_983))")]),
    .refused(
        .must, "9112-3-10", "a target longer than is parsed is 414", 414,
        req("GET /a?\(String(repeating: "q", count: 8_200))")),
    .refused(.must, "9112-3.1-01", "a method is case-sensitive", 501, req("get /a")),
    .refused(.should, "9112-3.1-02", "a method nobody implements is 501", 501, req("PROPFIND /a")),
    .refused(
        .should, "9112-3.1-03", "a method longer than any implemented is 501", 501,
        req("\(String(repeating: "M", count: 100)) /a")),
    .refused(.must, "9112-3.1-04", "a method is a token", 400, req("G(T /a")),
    .refused(.must, "9112-3.1-05", "a method is not empty", 400, " /a HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(.must, "9112-3.1-06", "a method has no byte above ASCII", 400, req("G\u{C9}T /a")),
]

/// RFC 9112 section 3.2: the target's four forms.
let targetCases: [ConformanceCase] = [
    .must("9112-3.2.1-01", "the origin form has a path", req("GET /a"), [saw("GET /a")]),
    .must(
        "9112-3.2.1-02", "the origin form has a query", req("GET /a?b=c&d"), [saw("GET /a?b=c&d")]),
    .must("9112-3.2.1-03", "the root is a path", req("GET /"), [saw("GET /")]),
    .must("9112-3.2.1-04", "an empty query is no query", req("GET /a?"), [saw("GET /a")]),
    .must(
        "9112-3.2.1-05", "a second question mark belongs to the query", req("GET /a?b?c"),
        [saw("GET /a?b?c")]),
    .must(
        "9112-3.2.1-06", "percent-escapes of a path are decoded once", req("GET /a/%41%2541"),
        [saw("GET /a/A%41")]),
    .must(
        "9112-3.2.1-07", "a path's UTF-8 is decoded", req("GET /a/%C3%A4"), [saw("GET /a/\u{E4}")]),
    .must("9112-3.2.1-08", "paths are case-sensitive", req("GET /A"), [status(404)]),
    .refused(.house, "9112-3.2.1-09", "a fragment is not sent to a server", 400, req("GET /a#b")),
    .refused(.house, "9112-3.2.1-10", "an escape that is none is refused", 400, req("GET /a/%zz")),
    .refused(.house, "9112-3.2.1-11", "an escape cut short is refused", 400, req("GET /a/%4")),
    .refused(.house, "9112-3.2.1-12", "an escaped NUL is refused", 400, req("GET /a/%00")),
    .refused(
        .house, "9112-3.2.1-13", "an escaped NUL in the query is refused", 400, req("GET /a?%00")),
    .refused(.house, "9112-3.2.1-14", "dot segments are refused", 400, req("GET /a/../b")),
    .refused(
        .house, "9112-3.2.1-15", "escaped dot segments are refused", 400, req("GET /a/%2e%2E/b")),
    .refused(.house, "9112-3.2.1-16", "overlong UTF-8 is refused", 400, req("GET /a/%C0%AE")),
    .refused(.house, "9112-3.2.1-17", "a backslash is no slash", 400, req("GET /a\\b")),
    .refused(
        .house, "9112-3.2.1-18", "raw bytes above ASCII are refused", 400, req("GET /a/\u{E4}")),
    .refused(
        .house, "9112-3.2.1-19", "65 segments are 414", 414,
        req("GET \(String(repeating: "/a", count: 65))")),
    .refused(
        .house, "9112-3.2.1-20", "129 pairs of a query are 414", 414,
        req("GET /a?\(String(repeating: "&", count: 128))")),
    .refused(.must, "9112-3.2.1-21", "a path begins with a slash", 400, req("GET a")),
    .must("9112-3.2.2-01", "the absolute form is accepted", req("GET http://h/a"), [saw("GET /a")]),
    .must(
        "9112-3.2.2-02", "the absolute form has a query", req("GET http://h/a?b"), [saw("GET /a?b")]
    ),
    .must(
        "9112-3.2.2-03", "the absolute form may lack a path", req("GET http://h"), [saw("GET /")]),
    .must(
        "9112-3.2.2-04", "the absolute form may have a query without a path", req("GET http://h?q"),
        [saw("GET /?q")]),
    .must(
        "9112-3.2.2-05", "a scheme is written in any case", req("GET HTTP://h/a"), [saw("GET /a")]),
    .must(
        "9112-3.2.2-06", "the absolute form's host is used though Host says another",
        "GET http://h/a HTTP/1.1\r\nHost: x\r\n\r\n", [saw("GET /a")]),
    .refused(
        .must, "9112-3.2.2-07", "the absolute form does not stand for Host", 400,
        "GET http://h/a HTTP/1.1\r\n\r\n"),
    .refused(.must, "9112-3.2.2-08", "an http URI has a host", 400, req("GET http:///a")),
    .refused(
        .should, "9112-3.2.2-09", "user information is refused", 400, req("GET http://u:p@h/a")),
    .refused(.house, "9112-3.2.2-10", "another scheme is refused", 400, req("GET ftp://h/a")),
    .refused(
        .house, "9112-3.2.2-11", "a port above 65,535 is refused", 400, req("GET http://h:65536/a")),
    .must("9112-3.2.2-12", "a port may be named", req("GET http://h:80/a"), [saw("GET /a")]),
    .must(
        "9112-3.2.2-13", "an IPv6 address may be named", req("GET http://[::1]:8/a"),
        [saw("GET /a")]),
    .must(
        "9112-3.2.3-01", "the authority form is CONNECT's, which no route answers",
        req("CONNECT h:443"), [status(405).with("Allow", "Connection: close")], .closed),
    .refused(.must, "9112-3.2.3-02", "CONNECT takes no path", 400, req("CONNECT /a")),
    .refused(
        .must, "9112-3.2.3-03", "no other method takes the authority form", 400, req("GET h:443")),
    .must(
        "9112-3.2.4-01", "the asterisk form is OPTIONS'", req("OPTIONS *"),
        [status(405).with("Allow")]),
    .refused(.must, "9112-3.2.4-02", "no other method takes the asterisk form", 400, req("GET *")),
]
