/// RFC 9112 section 9: connections.
let connectionCases: [ConformanceCase] = [
    .must("9112-9.3-01", "HTTP/1.1 persists", req("GET /a"), [saw("GET /a").without("connection")]),
    .must(
        "9112-9.3-02", "close closes", req("GET /a", "Connection: close"),
        [saw("GET /a").with("Connection: close")], .closed),
    .must(
        "9112-9.3-03", "close beats keep-alive", req("GET /a", "Connection: keep-alive, close"),
        [saw("GET /a").with("Connection: close")], .closed),
    .must(
        "9112-9.3-04", "keep-alive changes nothing on HTTP/1.1",
        req("GET /a", "Connection: keep-alive"), [saw("GET /a").without("connection")]),
    .should(
        "9112-9.3-05", "HTTP/1.0 closes", old("GET /a"), [saw("GET /a").with("Connection: close")],
        .closed),
    .should(
        "9112-9.3-06", "HTTP/1.0 persists when it asks to, and is told so",
        old("GET /a", "Connection: keep-alive"), [saw("GET /a").with("Connection: keep-alive")]),
    .must(
        "9112-9.3-07", "a body is read to its end before the next request",
        req("POST /a", "Content-Length: 3", body: "abc") + req("GET /a"),
        [saw("POST /a [abc]"), saw("GET /a")]),
    .must(
        "9112-9.3-08", "an HTTP/1.0 body has its length",
        old("POST /a", "Content-Length: 3", body: "abc"), [saw("POST /a [abc]")], .closed),
    .must(
        "9112-9.3.2-01", "pipelined requests are answered in order",
        req("GET /a?1") + req("GET /a?2") + req("GET /a?3"),
        [saw("GET /a?1"), saw("GET /a?2"), saw("GET /a?3")]),
    .must(
        "9112-9.3.2-02", "pipelined requests with bodies are answered in order",
        req("POST /a", "Content-Length: 2", body: "xy") + chunked("1\r\nz\r\n0\r\n\r\n"),
        [saw("POST /a [xy]"), saw("POST /a [z]")]),
    .must(
        "9112-9.3.2-03", "an error of one answer ends no other", req("GET /nobody") + req("GET /a"),
        [status(404), saw("GET /a")]),
    .must(
        "9112-9.3.2-04", "what follows a malformed request is not read",
        req("GET /a") + req("GET a") + req("GET /b"),
        [saw("GET /a"), status(400).with("Connection: close")], .closed),
    .must(
        "9112-9.3.2-05", "40 pipelined requests are answered",
        String(repeating: req("GET /a"), count: 40), Array(repeating: saw("GET /a"), count: 40)),
    .must(
        "9112-9.6-01", "nothing behind a close is served",
        req("GET /a", "Connection: close") + req("GET /b"),
        [saw("GET /a").with("Connection: close")], .closed),
    .must(
        "9112-9.6-02", "a server that closes says so", req("GET /close"),
        [status(200).saying("bye").with("Connection: close")], .closed),
    .must(
        "9112-9.6-03", "a refusal says that it closes", req("GET /a", "X : y"),
        [status(400).with("Connection: close")], .closed),
    .must(
        "9112-9.6-04", "a close inside a list is a close",
        req("GET /a", "Connection: foo, close, bar"), [saw("GET /a").with("Connection: close")],
        .closed),
    .may(
        "9112-9.6-05", "options nobody knows are ignored", req("GET /a", "Connection: foo"),
        [saw("GET /a")]),
]

/// RFC 9110 section 7.2 and RFC 9112 section 3.2: Host.
let hostCases: [ConformanceCase] = [
    .refused(
        .must, "9112-3.2-01", "HTTP/1.1 without Host is refused", 400, "GET /a HTTP/1.1\r\n\r\n"),
    .refused(.must, "9112-3.2-02", "two Hosts are refused", 400, req("GET /a", "Host: i")),
    .refused(.must, "9112-3.2-03", "two equal Hosts are refused", 400, req("GET /a", "Host: h")),
    .refused(
        .must, "9112-3.2-04", "a Host with user information is refused", 400,
        "GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n"),
    .refused(
        .must, "9112-3.2-05", "a Host with a path is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h/p\r\n\r\n"),
    .refused(
        .must, "9112-3.2-06", "a Host with a backslash is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h\\p\r\n\r\n"),
    .refused(
        .must, "9112-3.2-07", "a Host with a space is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h i\r\n\r\n"),
    .refused(
        .must, "9112-3.2-08", "a port that is no number is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h:http\r\n\r\n"),
    .refused(
        .must, "9112-3.2-09", "a port above 65,535 is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h:65536\r\n\r\n"),
    .refused(
        .must, "9112-3.2-10", "an address that is not closed is refused", 400,
        "GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    .refused(
        .must, "9112-3.2-11", "a bad escape in Host is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h%zz\r\n\r\n"),
    .refused(
        .must, "9112-3.2-12", "a list of Hosts is refused", 400,
        "GET /a HTTP/1.1\r\nHost: h i, j\r\n\r\n"),
    .refused(
        .must, "9110-4.2.1-01", "an empty Host names no http resource", 400,
        "GET /a HTTP/1.1\r\nHost:\r\n\r\n"),
    .must(
        "9110-7.2-01", "Host is a name with a port",
        "GET /a HTTP/1.1\r\nHost: example.org:8080\r\n\r\n", [saw("GET /a")]),
    .must(
        "9110-7.2-02", "Host is an IPv6 address",
        "GET /a HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", [saw("GET /a")]),
    .must(
        "9110-7.2-03", "Host is a name of any case", "GET /a HTTP/1.1\r\nhOsT: EXAMPLE.org\r\n\r\n",
        [saw("GET /a")]),
    .must("9110-7.2-04", "HTTP/1.0 may lack Host", old("GET /a"), [saw("GET /a")], .closed),
    .refused(
        .must, "9110-7.2-05", "two Hosts are refused on HTTP/1.0 too", 400,
        old("GET /a", "Host: h", "Host: i")),
    .refused(
        .must, "9110-7.4-01", "an https resource is not served without TLS", 421,
        req("GET https://h/a")),
]

private let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
private let version = "Sec-WebSocket-Version: 13"
private let upgrade = "Upgrade: websocket"
private let option = "Connection: Upgrade"

/// RFC 9110 section 7.8, with RFC 6455 for what is upgraded to.
let upgradeCases: [ConformanceCase] = [
    .must(
        "9110-7.8-01", "an upgrade is answered by 101 with Upgrade and its option",
        req("GET /ws", upgrade, option, version, key),
        [status(101).with("Upgrade: websocket", "Connection: Upgrade")], .upgraded),
    .must(
        "9110-7.8-02", "an upgrade on HTTP/1.0 is ignored",
        old("GET /a", upgrade, option, version, key), [saw("GET /a")], .closed),
    .may(
        "9110-7.8-03", "an upgrade to what is not known is ignored",
        req("GET /a", "Upgrade: foo/1", option), [saw("GET /a")]),
    .may(
        "9110-7.8-04", "an upgrade to h2c is ignored",
        req(
            "GET /a", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings",
            "HTTP2-Settings: AAMAAABkAAQAAP__"), [saw("GET /a")]),
    .may(
        "9110-7.8-05", "an upgrade to TLS is ignored", req("GET /a", "Upgrade: TLS/1.0", option),
        [saw("GET /a")]),
    .must(
        "9110-7.8-06", "a protocol is found in a list",
        req("GET /ws", "Upgrade: h2c, websocket", option, version, key),
        [status(101).with("Upgrade: websocket")], .upgraded),
    .must(
        "9110-7.8-07", "a protocol's name is case-insensitive",
        req("GET /ws", "Upgrade: WebSocket", option, version, key), [status(101)], .upgraded),
    .must(
        "9110-7.8-08", "who sends Upgrade sends its option", req("GET /advert"),
        [status(200).saying("abc").with("Upgrade: h2c", "Connection: Upgrade")]),
    .must(
        "9110-7.8-09", "the option stands beside close", req("GET /advert", "Connection: close"),
        [status(200).saying("abc").with("Connection: close, Upgrade")], .closed),
    .must(
        "9110-7.8-10", "an absolute target's host is the one an Origin is held against",
        "GET http://h/ws HTTP/1.1\r\nHost: x\r\nOrigin: http://h\r\n\(upgrade)\r\n\(option)\r\n\(version)\r\n\(key)\r\n\r\n",
        [status(101)], .upgraded),
    .must(
        "9110-15.5.22-01", "426 names the protocol, and its option", req("GET /ws"),
        [status(426).with("Upgrade: websocket", "Connection: Upgrade")]),
    .must(
        "9110-15.5.22-02", "426 for a wrong version names the right one",
        req("GET /ws", upgrade, option, "Sec-WebSocket-Version: 8", key),
        [
            status(426).with(
                "Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: close, Upgrade")
        ], .closed),
    .must(
        "9110-15.5.22-03", "426 for a missing version names the right one",
        req("GET /ws", upgrade, option, key), [status(426).with("Sec-WebSocket-Version: 13")],
        .closed),
    .refused(
        .house, "9110-7.8-11", "a body on an upgrade is refused", 400,
        req("GET /ws", upgrade, option, version, key, "Content-Length: 5", body: "hello")),
    .refused(
        .house, "9110-7.8-12", "a chunked body on an upgrade is refused", 400,
        req(
            "GET /ws", upgrade, option, version, key, "Transfer-Encoding: chunked",
            body: "0\r\n\r\n")),
    .refused(
        .house, "9110-7.8-13", "a key that is none is refused, and ends the connection", 400,
        req("GET /ws", upgrade, option, version, "Sec-WebSocket-Key: short")),
    .refused(
        .house, "9110-7.8-14", "a strange Origin is refused, and ends the connection", 403,
        req("GET /ws", upgrade, option, version, key, "Origin: http://evil")),
    .house(
        "9110-7.8-15", "an upgrade that lacks its option is refused",
        req("GET /ws", upgrade, version, key), [status(426).with("Connection: close, Upgrade")],
        .closed),
]

/// RFC 9110 section 9: methods.
let methodCases: [ConformanceCase] = [
    .must("9110-9.1-01", "GET is supported", req("GET /a"), [saw("GET /a")]),
    .must("9110-9.1-02", "HEAD is supported", req("HEAD /a"), [sawHead("HEAD /a")]),
    .should(
        "9110-9.1-03", "a known method that a route lacks is 405", req("DELETE /only"),
        [status(405)]),
    .may("9110-9.1-04", "POST is supported", req("POST /a", "Content-Length: 0"), [saw("POST /a")]),
    .may("9110-9.1-05", "PUT is supported", req("PUT /a", "Content-Length: 0"), [saw("PUT /a")]),
    .may(
        "9110-9.1-06", "PATCH is supported", req("PATCH /a", "Content-Length: 0"), [saw("PATCH /a")]
    ),
    .may("9110-9.1-07", "DELETE is supported", req("DELETE /a"), [saw("DELETE /a")]),
    .may("9110-9.1-08", "OPTIONS is supported", req("OPTIONS /a"), [saw("OPTIONS /a")]),
    .must(
        "9110-9.3.2-01", "HEAD is answered without content", req("HEAD /fixed"),
        [status(200).head.with("Content-Length: 5")]),
    .should(
        "9110-9.3.2-02", "HEAD is answered with the fields of GET", req("HEAD /only"),
        [
            sawHead("HEAD /only").with(
                "Content-Type: text/plain; charset=utf-8", "Content-Length: 10")
        ]),
    .must(
        "9110-9.3.2-03", "an error to HEAD has no content", req("HEAD /nobody"), [status(404).head]),
    .must("9110-9.3.2-04", "405 to HEAD has no content", req("HEAD /ws"), [status(426).head]),
    .must(
        "9110-9.3.6-01", "CONNECT without a port is refused", req("CONNECT h"), [status(400)],
        .closed),
    .must(
        "9110-9.3.6-02", "CONNECT with an empty port is refused", req("CONNECT h:"), [status(400)],
        .closed),
    .must(
        "9110-9.3.6-03", "no byte behind CONNECT is read as a request",
        req("CONNECT h:80") + req("GET /a"), [status(405)], .closed),
    .refused(
        .house, "9110-9.3.6-04", "CONNECT with a length is refused", 400,
        req("CONNECT h:80", "Content-Length: 5", body: "hello")),
    .refused(
        .house, "9110-9.3.6-05", "CONNECT with a coding is refused", 400,
        req("CONNECT h:80", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
    .must(
        "9110-9.3.8-01", "TRACE is not reflected", req("TRACE /only", "X: secret"),
        [status(405).with("Allow: GET, HEAD, PUT")]),
    .must(
        "9110-15.5.6-01", "405 says what is allowed", req("POST /only", "Content-Length: 0"),
        [status(405).with("Allow: GET, HEAD, PUT")]),
]

/// RFC 9110 section 10.1.1: Expect.
let expectCases: [ConformanceCase] = [
    .must(
        "9110-10.1.1-01", "who waits is told to continue",
        req("POST /a", "Expect: 100-continue", "Content-Length: 3"), [status(100)], .waiting),
    .must(
        "9110-10.1.1-02", "an expectation is case-insensitive",
        req("POST /a", "Expect: 100-CONTINUE", "Content-Length: 3"), [status(100)], .waiting),
    .must(
        "9110-10.1.1-03", "who waits with chunks is told to continue",
        req("POST /a", "Expect: 100-continue", "Transfer-Encoding: chunked"), [status(100)],
        .waiting),
    .must(
        "9110-10.1.1-04", "100 is followed by the answer",
        req("POST /a", "Expect: 100-continue", "Content-Length: 3", body: "abc"),
        [saw("POST /a [abc]")]),
    .must(
        "9110-10.1.1-05", "an expectation without a body waits for nothing",
        req("GET /a", "Expect: 100-continue"), [saw("GET /a")]),
    .must(
        "9110-10.1.1-06", "an expectation on HTTP/1.0 is ignored",
        old("POST /a", "Expect: 100-continue", "Content-Length: 3", body: "abc"),
        [saw("POST /a [abc]")], .closed),
    .may(
        "9110-10.1.1-07", "an unknown expectation is 417",
        req("POST /a", "Expect: 200-ok", "Content-Length: 3", body: "abc"),
        [status(417).with("Connection: close")], .closed),
    .may(
        "9110-10.1.1-08", "a known and an unknown expectation are 417",
        req("GET /a", "Expect: 100-continue, 200-ok"), [status(417)], .closed),
    .must(
        "9110-10.1.1-09", "an immediate answer takes the place of 100",
        req("POST /nobody", "Expect: 100-continue", "Content-Length: 3"),
        [status(404).with("Connection: close")], .closed),
    .must(
        "9110-10.1.1-10", "a length that is too much takes the place of 100",
        req("POST /a", "Expect: 100-continue", "Content-Length: 2000000"), [status(413)], .closed),
    .must(
        "9110-10.1.1-11", "empty members of an expectation are ignored",
        req("POST /a", "Expect: , 100-continue,", "Content-Length: 3", body: "abc"),
        [saw("POST /a [abc]")]),
    .must(
        "9110-10.1.1-12", "an unknown expectation on HTTP/1.0 is ignored",
        old("GET /a", "Expect: 200-ok"), [saw("GET /a")], .closed),
]
