"""A WebSocket client's side of the wire, no more than the soak needs: RFC 6455, and RFC 7692."""

import base64
import hashlib
import os
import re
import struct
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FRESH = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
# As browsers offer it.
KEPT = "permessage-deflate; client_max_window_bits"


class Broken(Exception):
    """The server sent what it must not."""


def upgrade(path: str, port: int, offer: str | None) -> tuple[bytes, bytes]:
    """An opening request, and the accept value that answers it."""
    key = base64.b64encode(os.urandom(16))
    extension = f"Sec-WebSocket-Extensions: {offer}\r\n" if offer else ""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key.decode()}\r\n{extension}\r\n"
    )
    return request.encode(), base64.b64encode(hashlib.sha1(key + GUID).digest())


def frame(opcode: int, payload: bytes, final: bool = True, packer=None) -> bytes:
    """A masked frame, compressed by `packer`."""
    first = opcode | (0x80 if final else 0)
    if packer:
        payload = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        first |= 0x40
    count = len(payload)
    if count < 126:
        head = struct.pack("!BB", first, 0x80 | count)
    elif count < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, count)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, count)
    mask = os.urandom(4)
    key = int.from_bytes((mask * (count // 4 + 1))[:count], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(count, "big")


class Reader:
    """From bytes to the answer's head, then to frames; unfragmented, as the server sends them."""

    def __init__(self, accept: bytes):
        self.accept = accept
        self.buffer = bytearray()
        self.is_open = False
        self.deflates = self.keeps_packer = False
        self.packer_bits = 15
        self.own_packer = self.own_unpacker = None

    @property
    def packer(self):
        """What compresses the next message of the client, if it may be compressed."""
        if not self.deflates:
            return None
        if not self.own_packer or not self.keeps_packer:
            self.own_packer = zlib.compressobj(1, zlib.DEFLATED, -self.packer_bits)
        return self.own_packer

    def agree(self, head: bytes):
        """What the answer says of compression."""
        self.deflates = b"permessage-deflate" in head
        self.keeps_packer = b"client_no_context_takeover" not in head
        if named := re.search(rb"client_max_window_bits=(\d+)", head):
            self.packer_bits = int(named[1])
        if self.deflates and b"server_no_context_takeover" not in head:
            self.own_unpacker = zlib.decompressobj(-15)

    def feed(self, data: bytes):
        """The messages that became whole: pairs of opcode and payload. The first is (0, b"") for the 101."""
        self.buffer += data
        if not self.is_open:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end])
            del self.buffer[: end + 4]
            if not head.startswith(b"HTTP/1.1 101 ") or self.accept not in head:
                raise Broken(f"not opened: {head[:60]!r}")
            self.agree(head)
            self.is_open = True
            yield 0, b""
        start, held = 0, len(self.buffer)
        while held - start >= 2:
            first, count = self.buffer[start], self.buffer[start + 1]
            begin = start + 2
            if count == 126:
                begin += 2
                if held < begin:
                    break
                count = int.from_bytes(self.buffer[begin - 2 : begin], "big")
            elif count == 127:
                begin += 8
                if held < begin:
                    break
                count = int.from_bytes(self.buffer[begin - 8 : begin], "big")
            if held < begin + count:
                break
            payload = bytes(self.buffer[begin : begin + count])
            start = begin + count
            if first & 0x30 or not first & 0x80 or (first & 0x40 and not self.deflates):
                raise Broken(f"first byte {first:#x}")
            if first & 0x40:
                unpacker = self.own_unpacker or zlib.decompressobj(-15)
                payload = unpacker.decompress(payload + b"\0\0\xff\xff")
            yield first & 0x0F, payload
        del self.buffer[:start]
