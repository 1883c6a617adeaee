/// RFC 9112 section 5 and RFC 9110 section 5: fields.
let fieldCases: [ConformanceCase] = [
    .must(
        "9112-5-01", "a field is a name, a colon and a value", req("GET /a", "X: v"),
        [saw("GET /a x=v")]),
    .must("9112-5-02", "a name is case-insensitive", req("GET /a", "x: v"), [saw("GET /a x=v")]),
    .must(
        "9112-5-03", "white space before a value is not part of it", req("GET /a", "X: \t v"),
        [saw("GET /a x=v")]),
    .must(
        "9112-5-04", "white space behind a value is not part of it", req("GET /a", "X: v \t "),
        [saw("GET /a x=v")]),
    .must("9112-5-05", "white space may be missing", req("GET /a", "X:v"), [saw("GET /a x=v")]),
    .must(
        "9112-5-06", "white space within a value is kept", req("GET /a", "X: v  w"),
        [saw("GET /a x=v  w")]),
    .must("9112-5-07", "a value may be empty", req("GET /a", "X:"), [saw("GET /a x=")]),
    .must(
        "9112-5-08", "a colon in a value belongs to it", req("GET /a", "X: a:b"),
        [saw("GET /a x=a:b")]),
    .must(
        "9112-5-09", "a tab within a value is kept", req("GET /a", "X: a\tb"),
        [saw("GET /a x=a\tb")]),
    .refused(
        .must, "9112-5.1-01", "a space before the colon is refused", 400, req("GET /a", "X : v")),
    .refused(
        .must, "9112-5.1-02", "a tab before the colon is refused", 400, req("GET /a", "X\t: v")),
    .refused(
        .must, "9112-5.1-03", "a space hides no coding", 400,
        req("POST /a", "Transfer-Encoding : chunked", body: "0\r\n\r\n")),
    .refused(.must, "9112-5.1-04", "a name is not empty", 400, req("GET /a", ": v")),
    .refused(.must, "9112-5.1-05", "a name is a token", 400, req("GET /a", "X(: v")),
    .refused(
        .must, "9112-5.1-06", "a name has no byte above ASCII", 400, req("GET /a", "X\u{E9}: v")),
    .refused(.must, "9112-5.1-07", "a line has a colon", 400, req("GET /a", "X")),
    .refused(.must, "9112-5.1-08", "a name has no quote", 400, req("GET /a", "\"X\": v")),
    .refused(.must, "9112-5.2-01", "a folded line is refused", 400, req("GET /a", "X: v", " w")),
    .refused(
        .must, "9112-5.2-02", "a line folded by a tab is refused", 400, req("GET /a", "X: v", "\tw")
    ),
    .refused(
        .must, "9112-5.2-03", "a line folded into nothing is refused", 400,
        req("GET /a", "X: v", " ")),
    .refused(
        .must, "9112-5.2-04", "a folded coding is refused", 400,
        req("POST /a", "Transfer-Encoding:", " chunked", body: "0\r\n\r\n")),
    .must(
        "9110-5.1-01", "a field nobody knows is let through", req("GET /a", "Never-Heard-Of: it"),
        [saw("GET /a")]),
    .must(
        "9110-5.3-01", "fields of one name are one list, in order",
        req("GET /a", "X: v", "Y: 1", "X: w"), [saw("GET /a x=v, w")]),
    .refused(
        .must, "9110-5.4-01", "a value larger than is processed is 431", 431,
        req("GET /a", "X: \(String(repeating: "v", count: 8_193))")),
    .refused(
        .must, "9110-5.4-02", "more fields than are processed are 431", 431,
        req("GET /a").replacingEnd(with: String(repeating: "X:y\r\n", count: 100))),
    .refused(
        .must, "9110-5.4-03", "a larger block than is processed is 431", 431,
        req(
            "GET /a", "X: \(String(repeating: "v", count: 8_100))",
            "Y: \(String(repeating: "v", count: 8_100))", "Z: \(String(repeating: "v", count: 300))"
        )),
    .refused(
        .must, "9110-5.4-04", "a longer name than is processed is 431", 431,
        req("GET /a", "\(String(repeating: "N", count: 257)): v")),
    .must(
        "9110-5.4-05", "100 fields are processed",
        req("GET /a").replacingEnd(with: String(repeating: "Y:y\r\n", count: 99)), [saw("GET /a")]),
    .must(
        "9110-5.4-06", "a value of 8 KiB is processed",
        req("GET /a", "Y: \(String(repeating: "v", count: 8_192))"), [saw("GET /a")]),
    .must(
        "9110-5.5-01", "a value's bytes above ASCII are let through", req("GET /a", "X: \u{FF}"),
        [saw("GET /a x=\u{FF}")]),
    .refused(.must, "9110-5.5-02", "NUL in a value is refused", 400, req("GET /a", "X: a\u{0}b")),
    .refused(
        .should, "9110-5.5-03", "a control in a value is refused", 400, req("GET /a", "X: a\u{1}b")),
    .refused(
        .should, "9110-5.5-04", "DEL in a value is refused", 400, req("GET /a", "X: a\u{7F}b")),
    .refused(
        .should, "9110-5.5-05", "ESC in a value is refused", 400, req("GET /a", "X: \u{1B}[31m")),
    .must(
        "9110-5.6.1-01", "empty members of a list are ignored",
        req("GET /a", "Connection: , ,close,,"), [saw("GET /a").with("Connection: close")], .closed),
    .must(
        "9110-5.6.1-02", "a list's members are parted by commas and any white space",
        req("GET /a", "Connection: x \t,\tclose"), [saw("GET /a").with("Connection: close")],
        .closed),
    .must(
        "9110-5.6.1-03", "a list may be in several lines",
        req("GET /a", "Connection: x", "Connection: close"),
        [saw("GET /a").with("Connection: close")], .closed),
    .must(
        "9110-5.6.2-01", "a token is not part of a longer one",
        req("GET /a", "Connection: closed, xclose"), [saw("GET /a")]),
    .must(
        "9110-5.6.2-02", "an option's name is case-insensitive", req("GET /a", "Connection: CLOSE"),
        [saw("GET /a").with("Connection: close")], .closed),
]

extension String {
    /// A request with these lines before its head's end.
    fileprivate func replacingEnd(with lines: String) -> String {
        // CRLF is one character.
        String(dropLast()) + lines + "\r\n"
    }
}
