"""PROTOCOL §1: opening a connection."""

import re
import time
import uuid
from datetime import datetime

import pytest
from websockets.exceptions import InvalidStatus

from client import Client, fresh
from frames import opening
from http11 import Wire, exchange

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
BOTH = pytest.mark.parametrize("program, path", [("Chat", "/chat"), ("InteropServer", "/sync")])


def refused(url: str, **options) -> tuple[int, dict, bytes]:
    """The answer to an opening that is not let in."""
    with pytest.raises(InvalidStatus) as caught:
        Client(url, welcome=False, **options)
    response = caught.value.response
    return response.status_code, response.headers, bytes(response.body or b"")


@BOTH
def test_welcome_is_the_first_message(fleet, program, path, open_client):
    client = open_client(fleet.get(program), path, "client_123")
    welcome = client.welcome
    assert welcome["client_id"] == "client_123"
    assert welcome["path"] == path
    assert uuid.UUID(welcome["connection_id"]).version == 4
    assert TIMESTAMP.fullmatch(welcome["timestamp"])
    age = time.time() - datetime.fromisoformat(welcome["timestamp"].replace("Z", "+00:00")).timestamp()
    assert abs(age) < 60


@pytest.mark.parametrize("query", ["", "?clientId=", "?other=1"])
def test_without_a_client_id_the_server_makes_one(chat, query):
    with Client(f"ws://127.0.0.1:{chat.port}/chat{query}") as client:
        assert re.fullmatch(r"client_[0-9a-f]{8}", client.client_id)


@pytest.mark.parametrize("client_id", ["Ada Lovelace", "林 さくら", "Ωμέγα/💬", "a+b", "100%&=#?", "'\"<b>", "x" * 128, "é" * 64])
def test_a_client_id_comes_back_as_it_was_meant(interop, open_client, client_id):
    client = open_client(interop, "/sync", client_id)
    assert client.client_id == client_id
    assert interop.get(f"/websocket/clients/{client.connection_id}").json["client"]["clientId"] == client_id


@pytest.mark.parametrize(
    "encoded, decoded",
    [("a+b", "a+b"), ("a%2Bb", "a+b"), ("a%20b", "a b"), ("%E6%9E%97", "林"), ("%41da", "Ada"), ("%2541", "%41")],
)
def test_a_client_id_is_decoded_once_and_plus_stays_plus(chat, encoded, decoded):
    with Client(f"ws://127.0.0.1:{chat.port}/chat?clientId={encoded}") as client:
        assert client.client_id == decoded


@pytest.mark.parametrize(
    "encoded", ["x" * 129, "%C3%A9" * 64 + "x", "a%00b", "a%0Ab", "a%1Fb", "a%7Fb", "%FF", "%E6%9E", "%C0%80"]
)
def test_a_bad_client_id_is_a_400(chat, encoded):
    exchange(chat.port, opening(chat.port, f"/chat?clientId={encoded}")).assert_failure(400)


@BOTH
def test_a_path_without_a_route_is_a_404(fleet, program, path):
    server = fleet.get(program)
    exchange(server.port, opening(server.port, "/nowhere")).assert_failure(404)


@pytest.mark.parametrize("path", ["/chat", "/minimal", "/echo"])
def test_a_websocket_route_without_an_upgrade_is_a_426(chat, path):
    answer = chat.get(path).assert_failure(426)
    assert answer.headers["upgrade"].lower() == "websocket"


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"Sec_WebSocket_Version": "12"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "c2hvcnQ="}, 400),
        ({"Sec_WebSocket_Key": "!" * 24}, 400),
        ({"Content_Length": "5"}, 400),
        ({"Transfer_Encoding": "chunked"}, 400),
        ({"Host": None}, 400),
        ({"Origin": "https://elsewhere.example"}, 403),
    ],
)
def test_a_bad_handshake_is_refused(chat, changes, status):
    answer = exchange(chat.port, opening(chat.port, "/chat", **changes)).assert_failure(status)
    if status == 426:
        assert answer.headers["sec-websocket-version"] == "13"


def test_a_body_on_an_upgrade_is_not_read_as_a_request(chat):
    data = opening(chat.port, "/chat", Content_Length="5") + b"GET /websocket/rooms HTTP/1.1\r\nHost: a\r\n\r\n"
    with Wire(chat.port) as wire:
        wire.send(data)
        wire.response().assert_failure(400)
        assert wire.is_closed() and b"HTTP/1.1" not in wire.pending


def test_the_same_host_is_a_good_origin(chat, open_client):
    origin = f"http://127.0.0.1:{chat.port}"
    assert open_client(chat, "/chat", headers={"Origin": origin}).welcome


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "null", "http://localhost.evil.example"])
def test_another_origin_is_a_403(chat, origin):
    status, _, _ = refused(chat.ws("/chat"), headers={"Origin": origin})
    assert status == 403


def test_origins_can_be_allowed(start, open_client):
    server = start("Chat", "--allow-origin", "https://a.example", "--allow-origin", "https://b.example")
    for origin in ("https://a.example", "https://b.example"):
        assert open_client(server, "/chat", headers={"Origin": origin}).welcome
    status, _, _ = refused(server.ws("/chat"), headers={"Origin": "https://c.example"})
    assert status == 403


def test_no_subprotocol_and_no_extension_is_made_up(chat):
    request = opening(chat.port, "/chat", Sec_WebSocket_Protocol="chat, superchat")
    with Wire(chat.port) as wire:
        wire.send(request)
        answer = wire.response("HEAD")
    assert answer.status == 101
    assert "sec-websocket-protocol" not in answer.headers


# -- onConnect: it runs before the 101 ----------------------------------------------------------


def test_on_connect_sees_the_request(interop, open_client):
    key = fresh("journal")
    client = open_client(
        interop, "/parameters/blue", "ada", headers={"X-Interop": "seen"}, journal=key, colour="grün + rot"
    )
    (event,) = interop.events(key, "onConnect")
    assert event["client_id"] == "ada"
    assert event["path"] == "/parameters/blue" == client.welcome["path"]
    assert event["parameters"] == {"name": "blue"}
    assert event["query"]["colour"] == "grün + rot"
    assert event["query"]["clientId"] == "ada"
    assert event["xInterop"] == "seen"
    assert event["remoteAddress"].startswith("127.0.0.1")


def test_a_cancelled_on_connect_is_a_403_with_its_error(interop, flavour):
    key = fresh("journal")
    status, headers, body = refused(interop.ws(flavour, "ada", journal=key, cancel="onConnect"))
    assert status == 403 and headers["Content-Type"].startswith("application/json")
    assert b'"success":false' in body.replace(b" ", b"")
    assert b"onConnect cancelled on request" in body
    # What was never opened is never welcomed and never closed.
    assert [event["event"] for event in interop.events(key)] == ["onConnect"]


def test_a_throwing_on_connect_is_a_500(interop, flavour):
    key = fresh("journal")
    status, _, body = refused(interop.ws(flavour, "ada", journal=key, throw="onConnect"))
    assert status == 500
    assert b"failed on request" not in body, "an error body carries no internals"
    names = [event["event"] for event in interop.events(key)]
    assert names[0] == "onConnect" and "onWelcome" not in names and "onClose" not in names


def test_a_modified_on_connect_changes_client_id_and_metadata(interop, recorded):
    client = recorded("ada", modify="onConnect")
    assert client.client_id == "ada-modified"
    socket = interop.get(f"/websocket/clients/{client.connection_id}").json["client"]
    assert socket["clientId"] == "ada-modified"
    assert socket["metadata"]["modified"] == "onConnect"
    # The new id is the one that messages reach.
    client.ask({"type": "direct_message", "target_client_id": "ada-modified", "message": "hello"})
    assert client.next("direct_message")["message"] == "hello"


def test_an_on_connect_beyond_the_handshake_timeout_is_a_503(start):
    server = start("InteropServer", "--handshake-timeout", "0.4")
    begun = time.monotonic()
    status, _, _ = refused(server.ws("/async", delay="20000"))
    assert status == 503
    assert time.monotonic() - begun < 5
    with Client(server.ws("/async", delay="20")) as client:
        assert client.welcome


def test_a_join_inside_on_connect_takes_effect_after_welcome(interop, recorded):
    room = interop.create_room()
    client = recorded(join=room)
    client.fence()
    assert client.connection_id in interop.room(room)["connections"]
    assert client.seen[0]["type"] == "welcome"
    names = [event["event"] for event in interop.events(client.journal)]
    assert names.index("onWelcome") < names.index("onJoinRoom")
