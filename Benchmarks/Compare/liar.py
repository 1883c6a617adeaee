"""A server that does what the others do, but for one lie: what the load generator must find."""

import asyncio
import base64
import hashlib
import struct
import zlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BODY = b"Hello, World!"
# Lies that are found only when nothing more comes.
SILENT = {"drop", "silence", "deaf"}


def frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    head = bytes([first, length]) if length < 126 else struct.pack(">BBH", first, 126, length)
    return head + payload


def flipped(data: bytes) -> bytes:
    """With another last byte."""
    return data[:-1] + bytes([data[-1] ^ 1])


class Liar:
    """Serves /echo, /deflate, /room and GET /plain on a port of the kernel's choice."""

    def __init__(self, lie: str):
        self.lie = lie
        # Which message, request or delivery of a connection it is told about. Silence falls among the first that are
        # sent; what is said comes later, when the texts are sent for the second time.
        self.about = 3 if lie in SILENT else 20
        self.members: list["Peer"] = []

    async def __aenter__(self) -> "Liar":
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def accept(self, reader, writer):
        try:
            await self.serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve(self, reader, writer):
        number = 0
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            if b"Upgrade: websocket" in head:
                return await Peer(self, path, reader, writer).talk(head)
            number += 1
            self.answer(writer, self.lie if number == self.about else "")

    @staticmethod
    def answer(writer, lie: str):
        status = b"500 No" if lie == "status" else b"200 OK"
        body = flipped(BODY) if lie == "flip" else BODY
        response = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
        writer.write({"drop": b"", "twice": response * 2}.get(lie, response))


class Peer:
    """One WebSocket."""

    def __init__(self, liar: Liar, path: str, reader, writer):
        self.liar, self.path, self.reader, self.writer = liar, path, reader, writer
        self.count = 0
        self.held = b""

    async def talk(self, head: bytes):
        key = next(line[18:].strip() for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:"))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        if self.liar.lie == "accept":
            accept = flipped(accept)
        deflate = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
        self.writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          b"Sec-WebSocket-Accept: %s\r\n%s\r\n" % (accept, deflate if self.path == "/deflate" else b""))
        if self.path == "/room":
            self.liar.members.append(self)
        while True:
            opcode, message = await self.read()
            if opcode == 9:
                if self.liar.lie != "deaf":
                    self.writer.write(frame(0x8A, message))
            elif self.path == "/room":
                for member in self.liar.members:
                    member.say(message)
            else:
                self.say(message)

    async def read(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        length = second & 127
        if length == 126:
            length = struct.unpack(">H", await self.reader.readexactly(2))[0]
        key = await self.reader.readexactly(4)
        payload = await self.reader.readexactly(length)
        message = bytes(byte ^ key[i & 3] for i, byte in enumerate(payload))
        if first & 0x40:
            message = zlib.decompressobj(-15).decompress(message + b"\0\0\xff\xff")
        return first & 15, message

    def say(self, message: bytes):
        self.count += 1
        # Every peer's echo is a lie, but one member's delivery.
        is_liar = self.path != "/room" or self is self.liar.members[-1]
        lie = self.liar.lie if is_liar and self.count >= self.liar.about else ""
        if lie == "silence":
            return
        if lie and self.count == self.liar.about:
            return self.tell(lie, message)
        self.writer.write(self.encoded(message) + self.held)
        self.held = b""

    def tell(self, lie: str, message: bytes):
        match lie:
            case "flip": self.writer.write(self.encoded(flipped(message)))
            case "short": self.writer.write(self.encoded(message[:-1]))
            case "long": self.writer.write(self.encoded(message + b" "))
            case "binary": self.writer.write(frame(0x82, message))
            case "plain": self.writer.write(frame(0x81, message))
            case "twice": self.writer.write(self.encoded(message) * 2)
            case "swap": self.held = self.encoded(message)
            case "close": self.writer.write(frame(0x88, b""))
            case "cut": self.writer.close()
            case "drop": pass
            case _: self.writer.write(self.encoded(message))

    def encoded(self, message: bytes) -> bytes:
        if self.path != "/deflate":
            return frame(0x81, message)
        stream = zlib.compressobj(6, wbits=-15)
        return frame(0xC1, stream.compress(message) + stream.flush(zlib.Z_SYNC_FLUSH)[:-4])
