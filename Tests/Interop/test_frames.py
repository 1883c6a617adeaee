"""Frames that no library sends: each gets its close code, and costs nobody else anything."""

import struct

import pytest

from frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawSocket, frame
from client import Client

MIB = 1 << 20


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


MALFORMED = {
    "not masked": (frame(TEXT, b"x", masked=False), 1002),
    "RSV1": (frame(TEXT, b"x", rsv=4), 1002),
    "RSV2": (frame(TEXT, b"x", rsv=2), 1002),
    "RSV3": (frame(TEXT, b"x", rsv=1), 1002),
    "RSV1 on a ping": (frame(PING, b"x", rsv=4), 1002),
    **{f"opcode {opcode:#x}": (frame(opcode, b"x"), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "a fragmented close": (frame(CLOSE, close_payload(1000), fin=False), 1002),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a text inside a text": (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
    "16 bits for 125": (frame(TEXT, b"x" * 125, length=(126, struct.pack("!H", 125))), 1002),
    "64 bits for 65535": (frame(BINARY, b"", length=(127, struct.pack("!Q", 65535))), 1002),
    "the top bit of 64": (frame(BINARY, b"", length=(127, struct.pack("!Q", 1 << 63))), 1002),
    "all 64 bits": (frame(BINARY, b"", length=(127, b"\xff" * 8)), 1002),
    "2^63 - 1 bytes": (frame(BINARY, b"", length=(127, struct.pack("!Q", (1 << 63) - 1))), 1009),
    "2^32 bytes": (frame(BINARY, b"", length=(127, struct.pack("!Q", 1 << 32))), 1009),
    "one byte above the limit": (frame(BINARY, b"", length=(127, struct.pack("!Q", MIB + 1))), 1009),
    "fragments above the limit": (
        frame(BINARY, b"x" * (MIB // 2), fin=False) + frame(CONTINUATION, b"x" * (MIB // 2), fin=False) + frame(CONTINUATION, b"x"),
        1009,
    ),
    "bad UTF-8": (frame(TEXT, b"ok \xff"), 1007),
    "an overlong encoding": (frame(TEXT, b"\xc0\xaf"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "half a character": (frame(TEXT, b"\xe6\x9e"), 1007),
    "bad UTF-8 in a fragment": (frame(TEXT, b"\xe6", fin=False) + frame(CONTINUATION, b"\xff", fin=False), 1007),
    "a close of one byte": (frame(CLOSE, b"\x03"), 1002),
    **{f"close {code}": (frame(CLOSE, close_payload(code)), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)},
    "a close reason in bad UTF-8": (frame(CLOSE, close_payload(1000, b"\xff")), 1007),
    "too many fragments": (frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 1100, 1008),
}


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("target", ["/quiet", "/raw"])
def test_a_malformed_frame_gets_its_close_code(interop, what, target):
    data, code = MALFORMED[what]
    with RawSocket(interop.port, target, welcome=target != "/raw") as socket:
        socket.send(data)
        assert socket.close_code() == code
        assert socket.is_closed()


def test_a_neighbour_notices_nothing(interop, open_client):
    neighbour = open_client(interop, "/quiet")
    for data, code in MALFORMED.values():
        with RawSocket(interop.port, "/quiet") as socket:
            socket.send(data)
            assert socket.close_code() == code
    neighbour.fence()


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_a_good_close_code_is_echoed(interop, code):
    with RawSocket(interop.port, "/quiet") as socket:
        socket.send(frame(CLOSE, close_payload(code, "tschüß".encode())))
        assert socket.close_code() == code
        assert socket.is_closed()


def test_a_close_without_a_code_is_answered_without_one(interop):
    with RawSocket(interop.port, "/quiet") as socket:
        socket.send(frame(CLOSE))
        assert socket.close_code() in (1005, 1000)
        assert socket.is_closed()


def test_what_follows_a_close_is_ignored(interop):
    with RawSocket(interop.port, "/raw", welcome=False) as socket:
        socket.send(frame(CLOSE, close_payload(1000)) + frame(TEXT, b"late") + frame(TEXT, b"\xff"))
        opcode, payload = socket.frame()
        assert (opcode, payload[:2]) == (CLOSE, close_payload(1000))
        assert socket.is_closed() and socket.pending == b""


def test_control_frames_between_fragments(interop):
    with RawSocket(interop.port, "/raw", welcome=False) as socket:
        socket.send(frame(TEXT, b"one ", fin=False) + frame(PING, b"p") + frame(CONTINUATION, b"two"))
        assert socket.frame() == (PONG, b"p")
        assert socket.frame() == (TEXT, b"one two")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, MIB])
def test_every_length_form_is_read_and_written(interop, size):
    with RawSocket(interop.port, "/raw", welcome=False) as socket:
        socket.send(frame(BINARY, b"x" * size))
        assert socket.frame() == (BINARY, b"x" * size)


def test_a_frame_byte_by_byte(interop):
    with RawSocket(interop.port, "/raw", welcome=False) as socket:
        for byte in frame(TEXT, "schön 林".encode()) + frame(PING, b"p"):
            socket.send(bytes([byte]))
        assert socket.frame() == (TEXT, "schön 林".encode())
        assert socket.frame() == (PONG, b"p")


def test_many_frames_in_one_write(interop):
    with RawSocket(interop.port, "/raw", welcome=False) as socket:
        socket.send(b"".join(frame(TEXT, f"{index}".encode()) for index in range(200)))
        assert [socket.frame()[1] for _ in range(200)] == [f"{index}".encode() for index in range(200)]


def test_the_limit_of_a_message_is_a_flag(start):
    server = start("Chat", "--max-message", "1000")
    with Client(server.ws("/chat")) as client:
        client.send("x" * 1000)
        client.next("message_ack")
        client.send("x" * 1001)
        assert client.closed()[0] == 1009
