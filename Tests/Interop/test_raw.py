"""Raw routes: just frames."""

import contextlib

import pytest
from websockets.exceptions import ConnectionClosed

from client import Client, fresh


@pytest.fixture
def raw(interop, open_client):
    return open_client(interop, "/raw", welcome=False)


@pytest.mark.parametrize("program, path", [("InteropServer", "/raw"), ("Chat", "/echo")])
@pytest.mark.parametrize(
    "message", ["", "text", '{"type":"ping"}', "💬 é 林", b"", b"\x00\xff", bytes(range(256)) * 4096],
    ids=["empty", "text", "json", "unicode", "no bytes", "bytes", "1 MiB"],
)
def test_every_message_comes_back_as_it_was(fleet, open_client, program, path, message):
    client = open_client(fleet.get(program), path, welcome=False)
    client.socket.send(message)
    echoed = client.socket.recv(5)
    assert echoed == message and type(echoed) is type(message)


def test_fragments_come_back_as_one(raw):
    raw.socket.send(iter([b"one ", b"", b"two ", b"three"]))
    assert raw.socket.recv(5) == b"one two three"


def test_many_messages_come_back_in_order(raw):
    for index in range(500):
        raw.socket.send(f"{index}")
    assert [raw.socket.recv(5) for _ in range(500)] == [f"{index}" for index in range(500)]


def test_members_of_a_raw_route_get_just_the_payload(interop, open_client):
    room = interop.create_room()
    raw = open_client(interop, "/raw-room", welcome=False)
    client = open_client(interop, "/quiet")
    raw.socket.send(f"join {room}")
    raw.socket.send("fence")
    assert raw.socket.recv(5) == "fence"
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "just this"})
    assert raw.socket.recv(5) == "just this"
    interop.post(f"/websocket/rooms/{room}/message", {"message": "and this"})
    assert raw.socket.recv(5) == "and this"


def test_a_raw_route_publishes_and_leaves(interop, open_client):
    room = interop.create_room()
    first = open_client(interop, "/raw-room", welcome=False)
    second = open_client(interop, "/raw-room", welcome=False)
    for client in (first, second):
        client.socket.send(f"join {room}")
        client.socket.send("fence")
        assert client.socket.recv(5) == "fence"
    first.socket.send(f"publish {room} to all of you")
    assert second.socket.recv(5) == "to all of you"
    second.socket.send(f"leave {room}")
    second.socket.send("fence")
    assert second.socket.recv(5) == "fence"
    assert len(interop.room(room)["connections"]) == 1


def test_a_raw_route_closes(interop, open_client):
    client = open_client(interop, "/raw-room", welcome=False)
    client.socket.send("close 4001 as you wish")
    assert client.closed() == (4001, "as you wish")


def test_a_raw_route_takes_a_client_id_too(interop):
    name = fresh("raw")
    with Client(interop.ws("/raw", name), welcome=False) as client:
        assert interop.post("/direct", {"clientId": name, "message": "hi"}).json["success"] is True
        assert client.socket.recv(5) == "hi"


@pytest.mark.timeout(60)
def test_the_echo_of_chat_takes_16_mib(chat, open_client):
    client = open_client(chat, "/echo", welcome=False)
    message = bytes(range(256)) * (16 * 4096)
    client.socket.send(message)
    assert client.socket.recv(30) == message
    # The server may close before the last byte is sent.
    with contextlib.suppress(ConnectionClosed):
        client.socket.send(message + b"x")
    assert client.closed(10)[0] == 1009


@pytest.mark.timeout(60)
def test_the_echo_of_chat_takes_many_fragments(chat, open_client):
    """Beyond the 1,024 of other routes; MessageLimitTests are at the 100,000 of its limit."""
    client = open_client(chat, "/echo", welcome=False)
    client.socket.send(iter([b"x"] * 3000))
    assert client.socket.recv(20) == b"x" * 3000
