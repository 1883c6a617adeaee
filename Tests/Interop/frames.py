"""WebSocket frames by hand, for what no library sends."""

import base64
import contextlib
import json
import os
import struct

from http11 import Response, Wire, head

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0


def frame(opcode: int, payload: bytes = b"", fin=True, masked=True, rsv=0, length=None) -> bytes:
    """One frame; `length` overrides the declared length (a pair of the 7-bit field and the extension)."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if length is None:
        size = len(payload)
        if size < 126:
            length = (size, b"")
        elif size < 65536:
            length = (126, struct.pack("!H", size))
        else:
            length = (127, struct.pack("!Q", size))
    mark, extension = length
    head = bytes([first, (0x80 if masked else 0) | mark]) + extension
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def opening(port: int, target: str, **changes: str | None) -> bytes:
    """The head of a good opening; `changes` replace or (None) leave out fields, `_` standing for `-`."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    for name, value in changes.items():
        headers[name.replace("_", "-")] = value
    return head("GET", target, {name: value for name, value in headers.items() if value is not None})


class RawSocket(Wire):
    """An opened WebSocket on which any bytes may be sent."""

    def __init__(self, port: int, target: str, welcome: bool = True):
        super().__init__(port)
        self.send(opening(port, target))
        answer: Response = self.response("HEAD")
        assert answer.status == 101, answer
        if welcome:
            opcode, payload = self.frame()
            assert opcode == TEXT
            self.welcome = json.loads(payload)

    def frame(self) -> tuple[int, bytes]:
        first, second = self.exactly(2)
        assert second & 0x80 == 0, "a server never masks"
        assert first & 0x70 == 0, "no reserved bit was agreed on"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self.exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.exactly(8))
        return first & 0x0F, self.exactly(size)

    def close_code(self, answer: bool = True) -> int:
        """The code of the server's close frame; whatever it said before is passed over. A good client answers it."""
        while True:
            opcode, payload = self.frame()
            if opcode == CLOSE:
                if answer:
                    # The server may have gone already: a connection that broke a rule need not be waited for.
                    with contextlib.suppress(OSError):
                        self.send(frame(CLOSE, payload))
                return struct.unpack("!H", payload[:2])[0] if payload else 1005
