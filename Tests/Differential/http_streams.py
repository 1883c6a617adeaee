"""Request streams from a seed: valid, pipelined, mutated, and such as smuggle where two parsers disagree."""

import random

METHODS = ["GET"] * 6 + ["POST"] * 6 + ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"]
ODD_METHODS = ["get", "PROPFIND", "BREW", "G(T", "", "GET\t", "PRI", "M-SEARCH", "GETX", "\x00GET"]
TARGETS = ["/"] * 6 + ["/a", "/a/b?c=d", "/%41?x=%20", "*", "http://h/", "http://h:1/x?y", "h:443", "/a?b?c"]
ODD_TARGETS = [
    "", "/a b", "/a#b", "//", "/..", "/%00", "/%zz", "a", "https://h/", "http://", "http://u@h/", "/\x7f",
    "/\xe9", "/\\", "/a\tb", "/\"", "http:///", "/{}", "/|", "/^", "/<>",
]
VERSIONS = ["HTTP/1.1"] * 30 + ["HTTP/1.0"] * 4
ODD_VERSIONS = ["HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.10", "HTTP/11", "HTTP/1.", "", "HTTP/1.1 "]
HOSTS = ["Host: h"] * 12 + ["Host: example.org:80", "Host: [::1]:8", "host:h", "HOST: h "]
ODD_HOSTS = ["", "Host:", "Host: a b", "Host: u@h", "Host: h/", "Host : h", "Host: h\r\nHost: h", "Host: h:x"]
PLAIN = [
    "Accept: */*", "User-Agent: x/1 (y; z)", "X-Empty:", "X: a\tb", "X:  padded \t", "Cookie: a=b; c=d",
    "X: \xe9\xff", "Referer: http://h/?q", "a!#$%&'*+-.^_`|~1: tokens", "Connection: keep-alive",
    "Expect: 100-continue", "Accept-Encoding: gzip, deflate",
]
ODD_FIELDS = [
    "X : y", "X\t: y", ": y", "X", "X\r\n y", "X: y\r\n\tz", "X: \x00", "X: \x01", "X: \x7f", "X: a\rb", "X: a\nY: b",
    "X(: y", "X\xe9: y", " X: y", "X: y\r", "\x00X: y", "X\x00: y", "\"X\": y", "X;: y", "X: \x0b", "X: \x0c",
]
CONNECTIONS = [
    "Connection: close", "Connection: Close", "Connection: keep-alive, close", "Connection: upgrade",
    "Connection: ,close,", "Connection: x", "Proxy-Connection: close", "Connection: close, Upgrade", "Connection: closex",
]
UPGRADES = [
    "Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: websocket", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
    "Upgrade: foo/1, websocket\r\nConnection: upgrade", "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade", "Upgrade: TLS/1.0",
]
CODINGS = ["chunked"] * 8 + ["Chunked", "CHUNKED", " chunked ", "\tchunked"]
ODD_CODINGS = [
    "gzip, chunked", "chunked, chunked", "chunked, gzip", "identity", "gzip", "xchunked", "chunkedx", "chunked;q=1",
    "\"chunked\"", "", ",chunked", "chunked,", "chunked, identity", "\x0bchunked", "chunked\x00", "chunk ed", "ch\xfcnked",
]
ODD_LENGTHS = [
    "+{}", "-{}", "0x{}", "{0}, {0}", "{},", ",{}", "{} 0", "{}.0", "", " ", "{}e0", "{}_", "\xb2", "18446744073709551616",
    "9223372036854775808", "4294967296", "{}\x00", "{}\x0b", "\"{}\"", "0{}", "000000000000000000{}", "1{}",
]
NAMES_OF_LENGTH = ["Content-Length"] * 8 + ["content-length", "CONTENT-LENGTH"]
ODD_NAMES_OF_LENGTH = ["Content-Length ", "Content-Length\t", "Content_Length", "\x00Content-Length", "Content-Lengt\x68\xe9"]
BODIES = [b"", b"a", b"hello", b"0\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n", b"\r\n", b"\x00\xff\n\r", b"z" * 40]
SIZES = ["{:x}", "{:x}", "{:x}", "{:X}", "0{:x}", "00000000{:x}"]
ODD_SIZES = [
    "", "0x{:x}", "+{:x}", "-{:x}", " {:x}", "{:x} ", "{:x}\t", "{:x}_", "{:x}g", "1{:x}", "ffffffffffffffff", "{:x}\x00",
    "10000000000000000{:x}", "000000000000000000{:x}", "{:x}\x0b", "\uff15", "{:x}\r", "\n{:x}",
]
EXTENSIONS = [";a", ";a=b", ";a=\"b\"", "; a = b", ";a=\"\\\"\"", ";a;b=c", ";" + "e" * 50]
ODD_EXTENSIONS = [";", ";a\n", ";a\r", ";\"\r\n\"", ";a=\"\n\"", ";a=\"open", ";\x00", ";\x7f", ";a=b c", ";\xe9", " ;a", ";=", ";a=\"\x01\""]
TRAILERS = ["T: v\r\n", "T:\r\nU: w\r\n", "Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n", "X: \xe9\r\n"]
ODD_TRAILERS = ["T : v\r\n", "T\r\n", " T: v\r\n", "T: v\n", "T: a\rb\r\n", "T: \x00\r\n", "T: v\r\n w\r\n", ": v\r\n"]
PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b";", b"0", b"\r\n\r\n", b"0\r\n\r\n", b"\x0b", b"\x7f", b"\xff",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 3\r\n", b"Host: x\r\n", b"GET / HTTP/1.1\r\n", b"HTTP/1.1",
    b"Connection: close\r\n", b"Upgrade: websocket\r\n",
]
LINE_ENDS = ["\n", "\r", "\r\r\n", "\n\r", " \r\n", "\r\n\r\n"]


class Streams:
    """Streams from one seed; `odd` is how often a part is taken from the odd ones."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.odd = 0.0

    def next(self):
        # A third is valid throughout, so that pipelines are long; a third a little odd; a third odd or cut about.
        kind = self.random.random()
        self.odd = 0.0 if kind < 0.33 else 0.04 if kind < 0.7 else 0.12
        stream = b"".join(self._request() for _ in range(self.random.choice([1, 1, 2, 3])))
        if kind > 0.55 and self.random.random() < 0.5:
            stream = self._cut_about(stream)
        return stream

    def _pick(self, common, odd):
        return self.random.choice(odd if self.random.random() < self.odd else common)

    def _request(self):
        lines = [self._line()]
        lines.append(self._pick(HOSTS, ODD_HOSTS))
        for _ in range(self.random.choice([0, 0, 1, 2])):
            lines.append(self._pick(PLAIN, ODD_FIELDS))
        if self.random.random() < 0.08 + self.odd:
            lines.append(self.random.choice(CONNECTIONS))
        if self.random.random() < 0.04 + self.odd:
            lines.append(self.random.choice(UPGRADES))
        body = self._body(lines)
        self.random.random() < 0.1 and self.random.shuffle(lines[1:])
        end = "\r\n"
        text = ""
        for line in lines:
            if line != "":
                text += line + (self.random.choice(LINE_ENDS) if self.random.random() < self.odd / 4 else end)
        text += self.random.choice(LINE_ENDS) if self.random.random() < self.odd / 4 else end
        front = "\r\n" if self.random.random() < 0.02 + self.odd / 4 else ""
        return (front + text).encode("latin-1", "replace") + body

    def _line(self):
        method = self._pick(METHODS, ODD_METHODS)
        target = self._pick(TARGETS, ODD_TARGETS)
        if method == "CONNECT" and self.random.random() < 0.8:
            target = "h:443"
        elif target == "h:443" and self.random.random() < 0.8:
            target = "/"
        if target == "*" and self.random.random() < 0.7:
            method = "OPTIONS"
        return " ".join([method, target, self._pick(VERSIONS, ODD_VERSIONS)])

    def _body(self, lines):
        """Adds what frames a body to the lines, and returns the body."""
        kind = self.random.random()
        body = self.random.choice(BODIES)
        if kind < 0.4:
            return b""
        if kind < 0.68:
            self._length(lines, len(body))
            return body
        lines.append("Transfer-Encoding:" + self._pick([" "], ["", "\t", "  "]) + self._pick(CODINGS, ODD_CODINGS))
        if self.random.random() < self.odd:
            self._length(lines, len(body))
        if self.random.random() < self.odd / 2:
            lines.append("Transfer-Encoding: chunked")
        return self._chunks()

    def _length(self, lines, length):
        form = self._pick(["{}"], ODD_LENGTHS)
        name = self._pick(NAMES_OF_LENGTH, ODD_NAMES_OF_LENGTH)
        lines.append(f"{name}: {form.format(length)}")
        if self.random.random() < self.odd / 2:
            lines.append(f"Content-Length: {length + self.random.choice([0, 0, 1])}")

    def _chunks(self):
        text = b""
        for _ in range(self.random.choice([0, 1, 2])):
            data = self.random.choice(BODIES[1:])
            text += self._size(len(data)) + self._pick([b"\r\n"], [b"\n", b"\r", b"\r\r\n"])
            text += data + self._pick([b"\r\n"], [b"\n", b"\r", b"", b"XX", b"\r\n\r\n"])
        text += self._pick([b"0"], [b"00", b"", b"0x0", b"-0", b"0 "]) + b"\r\n"
        if self.random.random() < 0.1 + self.odd:
            text += self._pick(TRAILERS, ODD_TRAILERS).encode("latin-1")
        return text + self._pick([b"\r\n"], [b"\n", b"\r", b"", b"X\r\n"])

    def _size(self, length):
        text = self._pick(SIZES, ODD_SIZES)
        text = text.format(length)
        if self.random.random() < 0.08 + self.odd:
            text += self._pick(EXTENSIONS, ODD_EXTENSIONS)
        return text.encode("latin-1", "replace")

    def _cut_about(self, stream):
        stream = bytearray(stream)
        for _ in range(self.random.choice([1, 1, 2, 4])):
            place = self.random.randrange(len(stream) + 1)
            end = min(len(stream), place + self.random.randrange(8))
            kind = self.random.randrange(5)
            if kind == 0:
                del stream[place:end]
            elif kind == 1:
                stream[place:place] = stream[place:end]
            elif kind == 2:
                stream[place:place] = bytes([self.random.randrange(256)])
            elif kind == 3:
                stream[place:place] = self.random.choice(PIECES)
            elif place < len(stream):
                stream[place] = self.random.randrange(256)
        return bytes(stream)
