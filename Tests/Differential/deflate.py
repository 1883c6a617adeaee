#!/usr/bin/env python3
"""permessage-deflate against Python's zlib, in both directions, through the sockets of InteropServer.

Every message is deflated here in a way of its own (level, memory level, strategy, window, flushes, blocks marked as the
last, fragments), echoed, and inflated here again. Then damaged payloads: the server must accept exactly what a reference
written on Python's zlib accepts, and answer 1007 to everything else. A seed replays a run.
"""

import argparse
import os
import random
import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Interop"))
sys.dont_write_bytecode = True

from frames import opening  # noqa: E402
from http11 import Wire  # noqa: E402
from servers import Server  # noqa: E402

TAIL = b"\x00\x00\xff\xff"


def masked(opcode: int, payload: bytes, fin: bool, rsv: int) -> bytes:
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    size = len(payload)
    if size < 126:
        head = bytes([first, 0x80 | size])
    elif size < 65536:
        head = bytes([first, 0x80 | 126]) + struct.pack("!H", size)
    else:
        head = bytes([first, 0x80 | 127]) + struct.pack("!Q", size)
    key = os.urandom(4)
    mask = (key * (size // 4 + 1))[:size]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + key + number.to_bytes(size, "big")


class Inflating:
    """RFC 7692 §7.2.2 on Python's zlib, to the letter. It raises zlib.error for what is no message."""

    def __init__(self, keeps: bool, bits: int = 15):
        self.keeps, self.bits = keeps, bits
        self.window = b""

    def message(self, payload: bytes) -> bytes:
        out = b""
        rest = payload + TAIL
        stream = self._stream()
        while True:
            produced = stream.decompress(rest)
            out += produced
            self.window = (self.window + produced)[-(1 << self.bits):]
            if not stream.eof:
                break
            # A block marked as the last one (§7.2.3.4): what follows is another stream with the same window.
            rest = stream.unused_data
            stream = self._stream()
            if not rest:
                break
        # A message ends behind a block and at the beginning of a byte: another, empty block must fit there exactly.
        if stream.decompress(b"\x01\x00\x00\xff\xff") or not stream.eof or stream.unused_data:
            raise zlib.error("the message stops within a block")
        if not self.keeps:
            self.window = b""
        return out

    def _stream(self):
        if self.window:
            return zlib.decompressobj(-self.bits, zdict=self.window)
        return zlib.decompressobj(-self.bits)


class Deflating:
    """Deflates messages, each by other means as far as the context allows."""

    def __init__(self, dice: random.Random, keeps: bool, bits: int):
        self.dice, self.keeps, self.bits = dice, keeps, bits
        self.stream = None

    def message(self, message: bytes) -> bytes:
        dice = self.dice
        if self.stream is None or not self.keeps or dice.random() < 0.05:
            # A fresh stream is always right: it refers to nothing.
            self.stream = zlib.compressobj(
                dice.choice([0, 1, 2, 5, 6, 9]), zlib.DEFLATED, -dice.randint(9, self.bits), dice.randint(1, 9),
                dice.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]),
            )
        out, at = b"", 0
        while dice.random() < 0.3:
            until = dice.randint(at, len(message))
            out += self.stream.compress(message[at:until])
            out += self.stream.flush(dice.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_BLOCK]))
            at = until
        out += self.stream.compress(message[at:])
        if dice.random() < 0.1:
            # §7.2.3.4: end the stream, and let an empty byte begin the block that the receiver completes.
            out += self.stream.flush(zlib.Z_FINISH) + b"\x00"
            self.stream = None
            return out
        out += self.stream.flush(zlib.Z_SYNC_FLUSH)
        if not out.endswith(TAIL):
            # zlib has nothing to flush twice: an empty block by hand (§7.2.1).
            return out + b"\x00"
        return out[:-4]


class Connection(Wire):
    """One opened connection to an echo."""

    def __init__(self, port: int, path: str, offer: str):
        super().__init__(port)
        self.send(opening(port, path, Sec_WebSocket_Extensions=offer))
        answer = self.response("HEAD")
        assert answer.status == 101, answer
        agreed = answer.headers.get("sec-websocket-extensions")
        assert agreed and agreed.startswith("permessage-deflate"), agreed
        parts = dict((part.strip().split("=") + [None])[:2] for part in agreed.split(";")[1:])
        self.server_keeps = "server_no_context_takeover" not in parts
        self.client_keeps = "client_no_context_takeover" not in parts
        self.client_bits = int(parts.get("client_max_window_bits") or 15)
        self.server_bits = int(parts.get("server_max_window_bits") or 15)
        self.path, self.offer = path, offer
        self.inflating = Inflating(self.server_keeps, self.server_bits)

    def echo(self) -> tuple[int, bytes, bool]:
        """The next frame that is no ping: opcode, payload inflated, and whether it was deflated."""
        opcode, payload, was_deflated = self.one()
        while opcode == 9:
            # On a machine that stands still for 25 s the server asks whether anyone is there.
            self.send(masked(10, payload, True, 0))
            opcode, payload, was_deflated = self.one()
        return opcode, payload, was_deflated

    def one(self) -> tuple[int, bytes, bool]:
        first, second = self.exactly(2)
        assert first & 0xB0 == 0x80 and second & 0x80 == 0, (first, second)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self.exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.exactly(8))
        payload = self.exactly(size)
        if not first & 0x40:
            return first & 15, payload, False
        return first & 15, self.inflating.message(payload), True


def message(dice: random.Random, history: list[bytes]) -> tuple[int, bytes]:
    kind = dice.random()
    size = int(2 ** dice.uniform(0, 14))
    if kind < 0.15:
        return 2, dice.randbytes(size)
    if kind < 0.3 and history:
        text = dice.choice(history)
        return 2, text + dice.randbytes(3)
    if kind < 0.35:
        return 2, bytes([dice.randrange(256)]) * (size * 8)
    if kind < 0.37:
        return 1, b""
    words = ['{"type":"room_message"', "hello", " ", "世界", "é", '"timestamp":"2026-11-25T', "42", "ok"]
    return 1, "".join(dice.choices(words, k=size // 6 + 1)).encode()


def fragments(dice: random.Random, opcode: int, payload: bytes, rsv: int) -> bytes:
    cuts = sorted(dice.randint(0, len(payload)) for _ in range(dice.choice([0, 0, 0, 1, 2, 5])))
    out, at = b"", 0
    for cut in cuts:
        out += masked(opcode, payload[at:cut], False, rsv)
        opcode, rsv, at = 0, 0, cut
    return out + masked(opcode, payload[at:], True, rsv)


OFFERS = [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_no_context_takeover; client_max_window_bits=10",
    "permessage-deflate; client_no_context_takeover; server_max_window_bits=9",
    "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
]
PATHS = ["/deflate", "/deflate-context", "/deflate-small", "/deflate-default"]


def whole_messages(port: int, dice: random.Random, count: int) -> tuple[int, int]:
    """Sends `count` messages and checks what comes back; how many went deflated in each direction."""
    sent = received = 0
    connections = []
    for path in PATHS:
        for offer in OFFERS:
            connection = Connection(port, path, offer)
            connection.deflating = Deflating(dice, connection.client_keeps, max(9, connection.client_bits))
            connection.history = []
            connections.append(connection)
    for number in range(count):
        connection = dice.choice(connections)
        opcode, plain = message(dice, connection.history)
        if dice.random() < 0.9:
            payload = connection.deflating.message(plain)
            connection.send(fragments(dice, opcode, payload, 4))
            sent += 1
        else:
            connection.send(fragments(dice, opcode, plain, 0))
        found_opcode, found, was_deflated = connection.echo()
        assert (found_opcode, found) == (opcode, plain), (
            f"message {number} on {connection.path} ({connection.offer}) came back otherwise: {opcode} {plain[:40]!r}, "
            f"{len(plain)} bytes; {found_opcode} {found[:40]!r}, {len(found)} bytes"
        )
        received += was_deflated
        connection.history = (connection.history + [plain])[-20:]
    for connection in connections:
        connection.socket.close()
    return sent, received


def damaged(dice: random.Random, payload: bytes) -> bytes:
    data = bytearray(payload)
    for _ in range(dice.choice([1, 1, 2, 4])):
        kind = dice.random()
        at = dice.randrange(len(data) + 1)
        if kind < 0.5 and data:
            data[at % len(data)] ^= 1 << dice.randrange(8)
        elif kind < 0.7:
            del data[at:]
        elif kind < 0.85:
            data[at:at] = dice.randbytes(dice.randint(1, 4))
        else:
            data[at:at] = dice.choice([TAIL, b"\x00", b"\x03\x00", b"\x01", b"\x06", b"\x00\x00\x00\xff\xff"])
    return bytes(data)


def damaged_messages(port: int, dice: random.Random, count: int) -> tuple[int, int]:
    """Sends damaged messages; how many were accepted, and how many refused, by both."""
    accepted = refused = 0
    connection = None
    deflating = None
    for number in range(count):
        if connection is None:
            connection = Connection(port, "/deflate", OFFERS[2])
            deflating = Deflating(dice, False, 15)
        _, plain = message(dice, [])
        payload = damaged(dice, deflating.message(plain[:2000]))
        try:
            expected = Inflating(False).message(payload)
            if len(expected) > 1 << 20:
                continue
        except zlib.error:
            expected = None
        connection.send(fragments(dice, 2, payload, 4))
        opcode, found, _ = connection.echo()
        if expected is not None:
            assert (opcode, found) == (2, expected), f"damaged message {number} ({payload.hex()}): not as zlib has it"
            accepted += 1
            continue
        assert (opcode, found[:2]) == (8, struct.pack("!H", 1007)), f"damaged message {number} ({payload.hex()})"
        refused += 1
        connection.socket.close()
        connection = None
    if connection is not None:
        connection.socket.close()
    return accepted, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--damaged", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    server = Server("InteropServer", loops=2)
    try:
        sent, received = whole_messages(server.port, dice, arguments.messages)
        accepted, refused = damaged_messages(server.port, dice, arguments.damaged)
        server.assert_alive()
    finally:
        server.stop()
    assert sent > arguments.messages // 2 and received > arguments.messages // 4, (sent, received)
    assert accepted > 0 and refused > 0, (accepted, refused)
    print(
        f"deflate: {arguments.messages} messages echoed as they were ({sent} deflated by zlib here, {received} deflated by "
        f"the server); {accepted + refused} damaged ones judged alike ({accepted} accepted, {refused} refused). "
        f"Seed {arguments.seed}, zlib {zlib.ZLIB_RUNTIME_VERSION}."
    )


if __name__ == "__main__":
    main()
