/// RFC 9112 section 2: messages, lines, versions.
let messageCases: [ConformanceCase] = [
    .must(
        "9112-2.1-01", "a request is a line, fields, an empty line", req("GET /a"), [saw("GET /a")]),
    .must(
        "9112-2.1-02", "a request's content is what its framing says, not what follows",
        req("POST /a", "Content-Length: 3", body: "abc"), [saw("POST /a [abc]")]),
    .must(
        "9112-2.2-01", "octets that are no US-ASCII are parsed as octets",
        req("GET /a", "X: \u{E9}\u{4E2D}"), [saw("GET /a x=\u{E9}\u{4E2D}")]),
    .should(
        "9112-2.2-02", "one empty line before a request is ignored", "\r\n" + req("GET /a"),
        [saw("GET /a")]),
    .should(
        "9112-2.2-03", "an empty line after a body is ignored",
        req("POST /a", "Content-Length: 1", body: "z\r\n") + req("GET /a"),
        [saw("POST /a [z]"), saw("GET /a")]),
    .refused(
        .house, "9112-2.2-04", "two empty lines are one too many", 400, "\r\n\r\n" + req("GET /a")),
    .refused(
        .may, "9112-2.2-05", "a request line that ends in LF alone is refused", 400,
        "GET /a HTTP/1.1\nHost: h\r\n\r\n"),
    .refused(
        .may, "9112-2.2-06", "a field line that ends in LF alone is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h\n\r\n"),
    .refused(
        .may, "9112-2.2-07", "a head that ends in LF alone is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h\r\n\n"),
    .refused(
        .must, "9112-2.2-08", "a bare CR in a field is no line's end", 400,
        "GET /a HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"),
    .refused(
        .must, "9112-2.2-09", "a bare CR hides no second field", 400,
        "POST /a HTTP/1.1\r\nHost: h\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    .refused(
        .must, "9112-2.2-10", "a bare CR in the request line is refused", 400,
        "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .must, "9112-2.2-11", "CR CR LF ends no line", 400, "GET /a HTTP/1.1\r\r\nHost: h\r\n\r\n"),
    .refused(
        .must, "9112-2.2-12", "white space before the first field is refused", 400,
        "GET /a HTTP/1.1\r\n Host: h\r\n\r\n"),
    .refused(
        .must, "9112-2.2-13", "a tab before the first field is refused", 400,
        "GET /a HTTP/1.1\r\n\tX: y\r\nHost: h\r\n\r\n"),
    .refused(.must, "9112-2.2-14", "what is no HTTP is answered 400", 400, "hello there\r\n\r\n"),
    .refused(
        .must, "9112-2.2-15", "a TLS hello is answered 400", 400,
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n"),
    .must(
        "9112-2.2-16", "a head that has not ended is waited for", "GET /a HTTP/1.1\r\nHost: h\r\n",
        [], .waiting),
    .must("9112-2.2-17", "half a line is waited for", "GET /a HT", [], .waiting),
    .must("9112-2.3-01", "HTTP/1.1 is spoken", req("GET /a"), [saw("GET /a")]),
    .must(
        "9112-2.3-02", "HTTP/1.0 is spoken, and answered as HTTP/1.1", old("GET /a"),
        [saw("GET /a").with("Connection: close")], .closed),
    .refused(
        .must, "9112-2.3-03", "the version's name is case-sensitive", 400,
        "GET /a http/1.1\r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-2.3-04", "a higher major version is 505", 505,
        "GET /a HTTP/2.0\r\nHost: h\r\n\r\n"),
    .refused(
        .should, "9112-2.3-05", "the preface of HTTP/2 is 505", 505,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    .refused(
        .should, "9112-2.3-06", "a lower major version is 505", 505,
        "GET /a HTTP/0.9\r\nHost: h\r\n\r\n"),
    .refused(
        .house, "9112-2.3-07", "a higher minor version, which does not exist, is 505", 505,
        "GET /a HTTP/1.2\r\nHost: h\r\n\r\n"),
    .refused(
        .must, "9112-2.3-08", "a version has two digits and a dot", 400,
        "GET /a HTTP/1.10\r\nHost: h\r\n\r\n"),
    .refused(
        .must, "9112-2.3-09", "a version without its dot is malformed", 400,
        "GET /a HTTP/11\r\nHost: h\r\n\r\n"),
    .refused(.must, "9112-2.3-10", "HTTP/0.9's simple request is malformed", 400, "GET /a\r\n\r\n"),
]
