"""permessage-deflate with PyPI's `websockets`, in every combination of its parameters."""

import itertools
import os

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate

from client import Client
from frames import BINARY, CLOSE, TEXT, RawSocket, frame, opening
from http11 import Wire

PATHS = ["/deflate", "/deflate-context", "/deflate-small", "/deflate-default"]
MESSAGES = [
    "", "short", "hello, everybody! " * 100, b"\x00" * 5000, os.urandom(3000), "hello, everybody! " * 100,
    "日本語 💬 " * 300, b"", bytes(range(256)) * 300, "hello, everybody! " * 90,
]


def connect(server, path, **parameters) -> Client:
    factory = ClientPerMessageDeflateFactory(**parameters)
    return Client(server.ws(path), welcome=False, extensions=[factory])


def agreed(client: Client) -> PerMessageDeflate:
    (extension,) = client.socket.protocol.extensions
    return extension


def exchange(client: Client):
    for message in MESSAGES:
        client.socket.send(message)
        assert client.socket.recv(5) == message


@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", PATHS)
def test_every_combination_of_parameters(interop, path):
    server_windows = [None, *range(9, 16)] if path == "/deflate-context" else [None, 9, 12, 15]
    client_windows = [None, True, *range(9, 16)] if path == "/deflate-context" else [None, True, 9, 15]
    for server_alone, client_alone, server_bits, client_bits in itertools.product(
        [False, True], [False, True], server_windows, client_windows
    ):
        with connect(
            interop, path, server_no_context_takeover=server_alone, client_no_context_takeover=client_alone,
            server_max_window_bits=server_bits, client_max_window_bits=client_bits,
        ) as client:
            extension = agreed(client)
            if server_alone:
                assert extension.remote_no_context_takeover
            if server_bits:
                assert extension.remote_max_window_bits <= server_bits
            if client_bits and client_bits is not True:
                assert extension.local_max_window_bits <= client_bits
            exchange(client)


def test_what_was_agreed_on_is_the_routes(interop):
    with connect(interop, "/deflate", client_max_window_bits=True) as client:
        assert agreed(client).remote_no_context_takeover and agreed(client).local_no_context_takeover
    with connect(interop, "/deflate-context", client_max_window_bits=True) as client:
        assert not agreed(client).remote_no_context_takeover and not agreed(client).local_no_context_takeover
        assert (agreed(client).remote_max_window_bits, agreed(client).local_max_window_bits) == (15, 15)
    with connect(interop, "/deflate-small", client_max_window_bits=True) as client:
        assert (agreed(client).remote_max_window_bits, agreed(client).local_max_window_bits) == (9, 9)


def test_a_route_without_compression_agrees_on_none(interop):
    with connect(interop, "/raw") as client:
        assert client.socket.protocol.extensions == []
        exchange(client)


def test_fragments_of_a_compressed_message(interop):
    for path in PATHS:
        with connect(interop, path, client_max_window_bits=True) as client:
            for _ in range(3):
                client.socket.send(iter(["one " * 500, "", "two " * 500, "three"]))
                assert client.socket.recv(5) == "one " * 500 + "two " * 500 + "three"


def answer(server, path: str, offer: str) -> str | None:
    with Wire(server.port) as wire:
        wire.send(opening(server.port, path, Sec_WebSocket_Extensions=offer))
        response = wire.response("HEAD")
        assert response.status == 101
        return response.headers.get("sec-websocket-extensions")


NONE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    "offer, expected",
    [
        ("permessage-deflate", NONE),
        ("permessage-deflate; client_max_window_bits=8", NONE + "; client_max_window_bits=8"),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits=16, permessage-deflate", NONE),
        ("permessage-deflate; server_max_window_bits=08, permessage-deflate; server_max_window_bits=10",
         NONE + "; server_max_window_bits=10"),
        ("permessage-deflate; what, x-other, permessage-deflate; client_no_context_takeover=1", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=\"\", permessage-deflate", None),
    ],
)
def test_offers(interop, offer, expected):
    assert answer(interop, "/deflate", offer) == expected


@pytest.mark.parametrize(
    "offer, expected",
    [
        ("permessage-deflate", NONE),
        ("permessage-deflate; client_max_window_bits", NONE),
        ("permessage-deflate; server_max_window_bits=15; client_max_window_bits=9",
         NONE + "; server_max_window_bits=12; client_max_window_bits=9"),
    ],
)
def test_the_default_windows(interop, offer, expected):
    assert answer(interop, "/deflate-default", offer) == expected


class DeflateSocket(RawSocket):
    """An opened connection with permessage-deflate, on which any payload may be sent."""

    def __init__(self, port: int, path: str):
        Wire.__init__(self, port)
        self.send(opening(port, path, Sec_WebSocket_Extensions="permessage-deflate"))
        response = self.response("HEAD")
        assert response.status == 101 and "sec-websocket-extensions" in response.headers


HELLO = bytes.fromhex("f248cdc9c90700")


@pytest.mark.parametrize(
    "payload", ["f248cdc9c90700", "000500faff48656c6c6f00", "f348cdc9c9070000", "f248050000 00ffffcac9c90700"],
    ids=["one block", "stored", "last block", "two blocks"],
)
def test_the_examples_of_the_rfc(interop, payload):
    with DeflateSocket(interop.port, "/deflate-default") as wire:
        wire.send(frame(TEXT, bytes.fromhex(payload), rsv=4))
        assert wire.frame() == (TEXT, b"Hello")


@pytest.mark.parametrize("payload", [b"", b"\x06", HELLO[:3], HELLO + b"\xff", b"\xf2\x00\x11\x00\x00"])
@pytest.mark.parametrize("path", PATHS)
def test_what_is_no_stream_is_1007(interop, path, payload):
    with DeflateSocket(interop.port, path) as wire:
        wire.send(frame(BINARY, payload, rsv=4))
        assert wire.close_code() == 1007


def test_text_that_is_none_behind_the_compression_is_1007(interop):
    with DeflateSocket(interop.port, "/deflate") as wire:
        # Stored: the first bytes of a message that never ends.
        wire.send(frame(TEXT, b"\x00\x03\x00\xfc\xffa\xff\xff", fin=False, rsv=4))
        assert wire.close_code() == 1007


def test_rsv1_where_it_must_not_be_is_1002(interop):
    for path, first in [("/raw", frame(TEXT, HELLO, rsv=4)), ("/deflate", frame(9, b"", rsv=4))]:
        with DeflateSocket(interop.port, path) if path != "/raw" else RawSocket(interop.port, path, False) as wire:
            wire.send(first)
            assert wire.close_code() == 1002
    with DeflateSocket(interop.port, "/deflate") as wire:
        wire.send(frame(TEXT, HELLO[:2], fin=False, rsv=4) + frame(0, HELLO[2:], rsv=4))
        assert wire.close_code() == 1002


def test_a_bomb_is_1009_and_others_go_on(interop):
    with connect(interop, "/deflate") as bystander, connect(interop, "/deflate") as bomber:
        with pytest.raises(ConnectionClosed) as closed:
            bomber.socket.send(b"\x00" * (1 << 20) + b"x")
            bomber.socket.recv(5)
        assert closed.value.rcvd.code == 1009
        bystander.socket.send(b"\x00" * (1 << 20))
        assert bystander.socket.recv(5) == b"\x00" * (1 << 20)


def test_members_with_and_without_compression_hear_the_same(interop, chat):
    for server, path in [(chat, "/chat")]:
        room = server.create_room("compressed")
        members = []
        for number in range(12):
            options = [
                {}, {"extensions": [ClientPerMessageDeflateFactory(client_max_window_bits=True)]},
                {"extensions": [ClientPerMessageDeflateFactory(server_max_window_bits=9)]},
            ][number % 3]
            member = Client(server.ws(path, f"deflate-{number}"), **options)
            assert len(member.socket.protocol.extensions) == (number % 3 > 0)
            members.append(member)
        for member in members:
            member.join(room)
        for number in range(20):
            text = f"{number}: " + "to all of you " * (number * 10)
            members[number % 12].send({"type": "room_message", "room_id": room, "message": text})
            for member in members:
                assert member.next("room_message")["message"] == text
        for member in members:
            member.close()
