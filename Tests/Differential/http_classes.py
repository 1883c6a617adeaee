"""The differences that are meant: a name, the words it is known by, what the stream must hold, and the reason."""

# What we refuse and another accepts, by the reason in our answer.
OURS = {
    "line ends": ("A line must end in CRLF", None, "h11 takes LF alone; RFC 9112 section 2.2 lets us refuse it"),
    "empty lines": ("Too many empty lines", None, "RFC 9112 section 2.2 asks for one; llhttp takes any number"),
    "request line": ("Malformed request line", None, "others take several spaces, or bytes that no target holds"),
    "method": ("Malformed method", None, "a method is a token"),
    "unknown method": ("Unknown method", None, "501 before a handler: RFC 9110 section 9.1"),
    "target": ("Malformed request target", None, "HARDENING A14, and the forms of RFC 9112 section 3.2; h11 takes any byte"),
    "version": ("Unsupported HTTP version", None, "505 for all but 1.0 and 1.1; h11 takes any digits, llhttp 0.9 and 2.0"),
    "bad version": ("Malformed HTTP version", None, "RFC 9112 section 2.3"),
    "field name": ("Malformed field name", None, "RFC 9112 section 5.1"),
    "field value": ("Malformed field value", None, "no control but HTAB: RFC 9110 section 5.5; h11 takes most"),
    "folding": ("Folded fields", None, "RFC 9112 section 5.2 lets us refuse it; h11 unfolds"),
    "no Host": ("Missing Host", None, "RFC 9112 section 3.2; llhttp does not look"),
    "Host": ("Malformed Host", None, "RFC 9112 section 3.2: once and valid; others do not look into it"),
    "https": ("This connection is not secured", None, "RFC 9110 section 7.4"),
    "length": ("Malformed Content-Length", None, "HARDENING A3: once, 1 to 15 digits"),
    "length and coding": ("Content-Length and Transfer-Encoding", None, "HARDENING A1; RFC 9112 section 6.1 lets us refuse it"),
    "coding": ("Transfer-Encoding must be chunked", None, "HARDENING A1 and A2; others take it on HTTP/1.0"),
    "upgrade with a body": ("An upgrade request must not", None, "HARDENING A8"),
    "CONNECT with a body": ("A CONNECT request must not", None, "RFC 9110 section 9.3.6: what follows is no body"),
    "too large": ("Body too large", None, "our limit of 1 MiB"),
    "chunk": ("Malformed chunk", None, "exact CRLF and no blanks: HARDENING A4 and A5"),
    "chunk size": ("Chunk size too long", None, "HARDENING section 1: at most 15 digits, zeros in front too; others take any number"),
    "trailer": ("Malformed trailer", None, "as fields: RFC 9112 section 5"),
    "expectation": ("Unknown expectation", None, "417: RFC 9110 section 10.1.1"),
}

# What another refuses, or behind which it closes, and we accept: by its own words, and what the stream must hold.
THEIRS = {
    "h11": {
        "empty line": (
            "no request line received", None, "RFC 9112 section 2.2: one empty line before a request SHOULD be ignored",
        ),
        "keep-alive on HTTP/1.0": ("closed", rb"HTTP/1\.0", "RFC 9112 section 9.3 lets us keep a connection that asks for it"),
    },
    "llhttp": {
        "Proxy-Connection": ("closed", rb"(?i)proxy-connection:", "is no field of HTTP: RFC 9112 appendix C.2.2"),
        "tab behind a coding": (
            "Transfer-Encoding", rb"(?i)\ntransfer-encoding:[ \t]*chunked[ ]*\t", "white space around a value is no part of it: RFC 9112 section 5.1",
        ),
        "chunk extensions": (
            "chunk extensions", rb"\n[0-9a-fA-F]+;", "extensions are ignored, with the blanks that RFC 9112 section 7.1.1 allows",
        ),
    },
}
