/// RFC 9112 sections 6.2, 6.3 and 8, and RFC 9110 section 8.6: bodies by their length.
let lengthCases: [ConformanceCase] = [
    .must(
        "9112-6.2-01", "a body is as long as Content-Length says",
        req("POST /a", "Content-Length: 5", body: "hello"), [saw("POST /a [hello]")]),
    .must(
        "9112-6.2-02", "a length of zero is no body", req("POST /a", "Content-Length: 0"),
        [saw("POST /a")]),
    .must(
        "9112-6.2-03", "leading zeros of a length are digits",
        req("POST /a", "Content-Length: 0005", body: "hello"), [saw("POST /a [hello]")]),
    .must(
        "9112-6.2-04", "a body may hold what looks like a request",
        req("POST /a", "Content-Length: 18", body: "GET / HTTP/1.1\r\n\r\n"),
        [saw("POST /a [GET / HTTP/1.1\r\n\r\n]")]),
    .must(
        "9112-6.2-05", "white space around a length is not part of it",
        req("POST /a", "Content-Length: \t5 ", body: "hello"), [saw("POST /a [hello]")]),
    .must(
        "9112-6.3-01", "a request without length or coding has no body", req("POST /a"),
        [saw("POST /a")]),
    .refused(
        .must, "9112-6.3-02", "a length that is none is refused", 400,
        req("POST /a", "Content-Length: five", body: "hello")),
    .refused(
        .must, "9112-6.3-03", "a negative length is refused", 400,
        req("POST /a", "Content-Length: -5", body: "hello")),
    .refused(
        .must, "9112-6.3-04", "a length with a sign is refused", 400,
        req("POST /a", "Content-Length: +5", body: "hello")),
    .refused(
        .must, "9112-6.3-05", "a hexadecimal length is refused", 400,
        req("POST /a", "Content-Length: 0x5", body: "hello")),
    .refused(
        .must, "9112-6.3-06", "a length with a fraction is refused", 400,
        req("POST /a", "Content-Length: 5.0", body: "hello")),
    .refused(
        .must, "9112-6.3-07", "an empty length is refused", 400,
        req("POST /a", "Content-Length:", body: "hello")),
    .refused(
        .must, "9112-6.3-08", "a length with a space in it is refused", 400,
        req("POST /a", "Content-Length: 1 0", body: "hello")),
    .refused(
        .must, "9112-6.3-09", "two different lengths are refused", 400,
        req("POST /a", "Content-Length: 5", "Content-Length: 6", body: "hello")),
    .refused(
        .must, "9112-6.3-10", "two different lengths in one line are refused", 400,
        req("POST /a", "Content-Length: 5, 6", body: "hello")),
    .refused(
        .may, "9112-6.3-11", "the same length twice is refused", 400,
        req("POST /a", "Content-Length: 5", "Content-Length: 5", body: "hello")),
    .refused(
        .may, "9112-6.3-12", "the same length twice in one line is refused", 400,
        req("POST /a", "Content-Length: 5, 5", body: "hello")),
    .refused(
        .must, "9112-6.3-13", "a length beyond 64 bits is refused", 400,
        req("POST /a", "Content-Length: 18446744073709551621", body: "hello")),
    .refused(
        .must, "9112-6.3-14", "a length of digits of another script is refused", 400,
        req("POST /a", "Content-Length: \u{0665}", body: "hello")),
    .refused(
        .must, "9110-8.6-01", "a length that is too much is 413", 413,
        req("POST /a", "Content-Length: 1048577", body: "hello")),
    .refused(
        .must, "9110-8.6-02", "the largest length that can be written is 413, and no overflow", 413,
        req("POST /a", "Content-Length: 999999999999999", body: "hello")),
    .must(
        "9112-8-01", "a body that has not ended is waited for",
        req("POST /a", "Content-Length: 5", body: "hell"), [], .waiting),
    .must(
        "9112-8-02", "a chunked body that has not ended is waited for", chunked("5\r\nhello\r\n"),
        [], .waiting),
    .must(
        "9112-8-03", "a last chunk without its empty line is waited for",
        chunked("5\r\nhello\r\n0\r\n"), [], .waiting),
    .must(
        "9112-6-01", "a body on GET is framed like any",
        req("GET /a", "Content-Length: 2", body: "hi"), [saw("GET /a [hi]")]),
    .must(
        "9112-6-02", "a body on DELETE is framed like any",
        req("DELETE /a", "Content-Length: 2", body: "hi"), [saw("DELETE /a [hi]")]),
    .must(
        "9112-6-03", "a body nobody reads is skipped",
        req("POST /nobody", "Content-Length: 5", body: "hello"), [status(404)]),
    .must(
        "9112-6-04", "a chunked body nobody reads is skipped",
        req("POST /nobody", "Transfer-Encoding: chunked", body: "5\r\nhello\r\n0\r\n\r\n"),
        [status(404)]),
]

/// RFC 9112 section 6.1: Transfer-Encoding.
let codingCases: [ConformanceCase] = [
    .must(
        "9112-6.1-01", "chunked is decoded", chunked("5\r\nhello\r\n0\r\n\r\n"),
        [saw("POST /a [hello]")]),
    .must(
        "9112-6.1-02", "a coding's name is case-insensitive",
        req("POST /a", "Transfer-Encoding: CHUNKED", body: "0\r\n\r\n"), [saw("POST /a")]),
    .refused(
        .must, "9112-6.1-03", "a coding and a length together end the connection", 400,
        req("POST /a", "Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n")),
    .refused(
        .must, "9112-6.1-04", "a length and a coding together end the connection", 400,
        req("POST /a", "Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
    .refused(
        .must, "9112-6.1-05", "a body whose last coding is not chunked is refused", 400,
        req("POST /a", "Transfer-Encoding: gzip", body: "0\r\n\r\n")),
    .refused(
        .must, "9112-6.1-06", "chunked is applied once", 400,
        req("POST /a", "Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n")),
    .refused(
        .must, "9112-6.1-07", "chunked comes last", 400,
        req("POST /a", "Transfer-Encoding: chunked, gzip", body: "0\r\n\r\n")),
    .refused(
        .must, "9112-6.1-08", "chunked in two lines is refused", 400,
        req(
            "POST /a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body: "0\r\n\r\n"
        )),
    .refused(
        .must, "9112-6.1-09", "a coding on HTTP/1.0 is faulty framing", 400,
        old("POST /a", "Transfer-Encoding: chunked", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-10", "a coding nobody implements is 400, whatever follows it", 400,
        req("POST /a", "Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-11", "identity is no coding", 400,
        req("POST /a", "Transfer-Encoding: identity", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-12", "a coding with a parameter is not chunked", 400,
        req("POST /a", "Transfer-Encoding: chunked;q=1", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-13", "a quoted coding is not chunked", 400,
        req("POST /a", "Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-14", "a coding beside an empty member is not chunked", 400,
        req("POST /a", "Transfer-Encoding: , chunked", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-15", "an empty coding is refused", 400,
        req("POST /a", "Transfer-Encoding:", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-16", "a coding with a vertical tab is refused", 400,
        req("POST /a", "Transfer-Encoding: \u{B}chunked", body: "0\r\n\r\n")),
    .refused(
        .house, "9112-6.1-17", "a coding with a byte behind it is not chunked", 400,
        req("POST /a", "Transfer-Encoding: chunkedx", body: "0\r\n\r\n")),
    .must(
        "9112-6.1-18", "a name that is like it is no coding",
        req("POST /a", "Transfer-Encodings: chunked"), [saw("POST /a")]),
]

/// RFC 9112 section 7.1: chunks.
let chunkCases: [ConformanceCase] = [
    .must(
        "9112-7.1-01", "chunks are joined", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        [saw("POST /a [abcde]")]),
    .must(
        "9112-7.1-02", "a size is hexadecimal, in lower case",
        chunked("a\r\n0123456789\r\n0\r\n\r\n"), [saw("POST /a [0123456789]")]),
    .must(
        "9112-7.1-03", "a size is hexadecimal, in upper case",
        chunked("A\r\n0123456789\r\n0\r\n\r\n"), [saw("POST /a [0123456789]")]),
    .must(
        "9112-7.1-04", "a size may have leading zeros", chunked("0003\r\nabc\r\n000\r\n\r\n"),
        [saw("POST /a [abc]")]),
    .must(
        "9112-7.1-05", "a chunk may hold CR and LF", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"),
        [saw("POST /a [\r\n\r\n]")]),
    .must(
        "9112-7.1-06", "a chunk may hold what looks like a chunk",
        chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), [saw("POST /a [0\r\n\r\n]")]),
    .must("9112-7.1-07", "an empty body is a last chunk", chunked("0\r\n\r\n"), [saw("POST /a")]),
    .refused(
        .must, "9112-7.1-08", "a size that overflows is refused", 400,
        chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-09", "a size that is too much is 413", 413,
        chunked("fffffffffffffff\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-10", "sizes whose sum is too much are 413", 413,
        chunked("1\r\na\r\n100000\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-11", "a size without digits is refused", 400,
        chunked("\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-12", "a size with 0x is refused", 400, chunked("0x5\r\nhello\r\n0\r\n\r\n")
    ),
    .refused(
        .must, "9112-7.1-13", "a size with a sign is refused", 400,
        chunked("+5\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-14", "a negative size is refused", 400, chunked("-5\r\nhello\r\n0\r\n\r\n")
    ),
    .refused(
        .must, "9112-7.1-15", "a size with an underscore is refused", 400,
        chunked("1_0\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-16", "a space before a size is refused", 400,
        chunked(" 5\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-17", "a space behind a size is refused", 400,
        chunked("5 \r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-18", "a size that ends in LF alone is refused", 400,
        chunked("5\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-19", "a size that ends in CR alone is refused", 400,
        chunked("5\rhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-20", "data that ends in LF alone is refused", 400,
        chunked("5\r\nhello\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-21", "data longer than its size is refused", 400,
        chunked("5\r\nhello!\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-22", "data without its CRLF is refused", 400,
        chunked("5\r\nhello0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-23", "two other bytes do not end a chunk", 400,
        chunked("5\r\nhelloXX0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-24", "sixteen digits are too many", 400,
        chunked("0000000000000005\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .must, "9112-7.1-25", "a size of another script's digits is refused", 400,
        chunked("\u{FF15}\r\nhello\r\n0\r\n\r\n")),
    .must(
        "9112-7.1.1-01", "an extension is ignored", chunked("5;a\r\nhello\r\n0;b=c\r\n\r\n"),
        [saw("POST /a [hello]")]),
    .must(
        "9112-7.1.1-02", "a quoted extension is ignored",
        chunked("5;a=\"b;c\\\"d\"\r\nhello\r\n0\r\n\r\n"), [saw("POST /a [hello]")]),
    .must(
        "9112-7.1.1-03", "several extensions are ignored",
        chunked("5;a;b=c;d=\"e\"\r\nhello\r\n0\r\n\r\n"), [saw("POST /a [hello]")]),
    .must(
        "9112-7.1.1-04", "white space around an extension is ignored",
        chunked("5; a = b\r\nhello\r\n0\r\n\r\n"), [saw("POST /a [hello]")]),
    .refused(
        .house, "9112-7.1.1-05", "a line feed in an extension is refused", 400,
        chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .house, "9112-7.1.1-06", "a line feed in a quoted extension is refused", 400,
        chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .house, "9112-7.1.1-07", "CRLF in a quoted extension is refused", 400,
        chunked("5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .house, "9112-7.1.1-08", "an extension of 257 bytes is refused", 400,
        chunked("5;\(String(repeating: "e", count: 257))\r\nhello\r\n0\r\n\r\n")),
    .refused(
        .house, "9112-7.1.1-09", "NUL in an extension is refused", 400,
        chunked("5;\u{0}\r\nhello\r\n0\r\n\r\n")),
]

/// RFC 9112 section 7.1.2 and RFC 9110 section 6.5: trailers.
let trailerCases: [ConformanceCase] = [
    .must(
        "9112-7.1.2-01", "trailers are read to their end", chunked("0\r\nT: v\r\nU: w\r\n\r\n"),
        [saw("POST /a")]),
    .must("9112-7.1.2-02", "a trailer may be empty", chunked("0\r\nT:\r\n\r\n"), [saw("POST /a")]),
    .must(
        "9110-6.5.1-01", "a trailer is not merged into the fields",
        chunked("2\r\nab\r\n0\r\nX: v\r\n\r\n"), [saw("POST /a [ab]")]),
    .refused(
        .house, "9110-6.5.1-02", "a length in the trailers is refused", 400,
        chunked("2\r\nab\r\n0\r\nContent-Length: 50\r\n\r\n")),
    .refused(
        .house, "9110-6.5.1-03", "a coding in the trailers is refused", 400,
        chunked("2\r\nab\r\n0\r\nTRANSFER-encoding: chunked\r\n\r\n")),
    .must(
        "9110-6.5.1-05", "a trailer whose name is like it is dropped",
        chunked(
            "0\r\nContent-Lengths: 5\r\nTransfer: x\r\nContent-Lengt: 5\r\nXContent-Length: 5\r\n\r\n"
        ), [saw("POST /a")]),
    .must(
        "9110-6.5.1-04", "a Connection in the trailers closes nothing",
        chunked("0\r\nConnection: close\r\n\r\n"), [saw("POST /a")]),
    .refused(
        .must, "9112-7.1.2-03", "a trailer's name is a token", 400, chunked("0\r\nT(: v\r\n\r\n")),
    .refused(
        .must, "9112-7.1.2-04", "a space before a trailer's colon is refused", 400,
        chunked("0\r\nT : v\r\n\r\n")),
    .refused(
        .must, "9112-7.1.2-05", "a folded trailer is refused", 400,
        chunked("0\r\nT: v\r\n w\r\n\r\n")),
    .refused(
        .must, "9112-7.1.2-06", "a trailer that ends in LF alone is refused", 400,
        chunked("0\r\nT: v\n\r\n")),
    .refused(
        .must, "9112-7.1.2-07", "a bare CR in a trailer is refused", 400,
        chunked("0\r\nT: a\rb\r\n\r\n")),
    .refused(
        .must, "9112-7.1.2-08", "NUL in a trailer is refused", 400, chunked("0\r\nT: \u{0}\r\n\r\n")
    ),
    .refused(
        .must, "9112-7.1.2-09", "a body that ends in LF alone is refused", 400, chunked("0\r\n\n")),
    .refused(
        .must, "9110-5.4-07", "more trailers than are processed are 431", 431,
        chunked("0\r\n\(String(repeating: "T:v\r\n", count: 99))\r\n")),
]
