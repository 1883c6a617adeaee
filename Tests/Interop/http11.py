"""HTTP/1.1 by hand, for the requests that a well-behaved client refuses to send."""

import json
import socket
from dataclasses import dataclass, field

TIMEOUT = 8


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    reason: str = ""
    raw_head: bytes = field(default=b"", repr=False)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    def assert_failure(self, status: int) -> "Response":
        """A failure is always JSON with `success` false and a reason."""
        assert self.status == status, self
        assert self.headers.get("content-type", "").startswith("application/json"), self
        assert self.json["success"] is False and self.json["error"], self
        return self


class Wire:
    """A socket with just enough of HTTP to read answers one after another."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def more(self) -> bytes:
        """The next bytes, or b"" at the end. A reset is an end too: what was said before it counts."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.pending += data
        return data

    def until(self, mark: bytes) -> bytes:
        while mark not in self.pending:
            if not self.more():
                raise ConnectionError(f"the server closed; it had said {self.pending!r}")
        found, self.pending = self.pending.split(mark, 1)
        return found + mark

    def exactly(self, count: int) -> bytes:
        while len(self.pending) < count:
            if not self.more():
                raise ConnectionError(f"{count} bytes wanted, the server closed after {self.pending!r}")
        found, self.pending = self.pending[:count], self.pending[count:]
        return found

    def response(self, method: str = "GET") -> Response:
        head = self.until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, status, *reason = lines[0].split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
        headers = {}
        for line in filter(None, lines[1:]):
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        code = int(status)
        body = b""
        if method != "HEAD" and code >= 200 and code not in (204, 304):
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body = self.chunked()
            elif "content-length" in headers:
                body = self.exactly(int(headers["content-length"]))
            else:
                while self.more():
                    pass
                body, self.pending = self.pending, b""
        return Response(code, headers, body, " ".join(reason), head)

    def chunked(self) -> bytes:
        body = b""
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        self.until(b"\r\n")
        return body

    def is_closed(self) -> bool:
        """Reads to the end: true when the server closes within the socket's timeout."""
        try:
            while self.more():
                pass
        except TimeoutError:
            return False
        return True


def head(method: str, target: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def request(port: int, method: str, target: str, headers: dict[str, str], body: bytes | None = None):
    if body is not None:
        headers = {"Content-Length": str(len(body)), **headers}
    with Wire(port) as wire:
        wire.send(head(method, target, headers) + (body or b""))
        return wire.response(method)


def exchange(port: int, data: bytes, method: str = "GET") -> Response:
    """Sends bytes as they are and reads one answer."""
    with Wire(port) as wire:
        wire.send(data)
        return wire.response(method)
