"""PROTOCOL §4: the document's eight endpoints, and every status they give."""

import json
import re
import time
from urllib.parse import quote

import pytest

from client import fresh
from test_opening import TIMESTAMP

NOWHERE = "room_" + "0" * 32
NOBODY = "00000000-0000-4000-8000-000000000000"
BOTH = pytest.mark.parametrize("program, path", [("Chat", "/chat"), ("InteropServer", "/quiet")])


# -- the eight, as they should be used ----------------------------------------------------------


@BOTH
def test_a_room_from_its_creation_to_its_messages(fleet, open_client, program, path):
    server = fleet.get(program)
    name = fresh("General – 林")
    created = server.post("/websocket/rooms", {"name": name, "description": "General chat room", "maxConnections": 50})
    assert created.status == 200 and created.headers["content-type"].startswith("application/json")
    assert created.json["success"] is True
    room_id = created.json["roomId"]
    assert re.fullmatch(r"room_[0-9a-f]{32}", room_id)

    got = server.get(f"/websocket/rooms/{room_id}")
    assert got.status == 200 and got.json["success"] is True
    room = got.json["room"]
    assert room["id"] == room_id
    assert room["name"] == name
    assert room["description"] == "General chat room"
    assert room["maxConnections"] == 50
    assert room["connections"] == [] and room["connectionsCount"] == 0
    assert room["metadata"] == {}
    assert room["messagesCount"] == 0
    assert TIMESTAMP.fullmatch(room["createdAt"]) and TIMESTAMP.fullmatch(room["lastActivity"])

    client = open_client(server, path, fresh("client"))
    body = {"connectionId": client.connection_id}
    joined = server.post(f"/websocket/rooms/{room_id}/join", body)
    assert joined.status == 200 and joined.json["success"] is True
    assert server.room(room_id)["connections"] == [client.connection_id]

    sent = server.post(f"/websocket/rooms/{room_id}/message", {"message": "Hello everyone!"})
    assert sent.status == 200 and sent.json["success"] is True
    message = client.next("room_message")
    assert message["message"] == "Hello everyone!" and message["room_id"] == room_id
    assert "from_client_id" not in message
    assert server.room(room_id)["messagesCount"] == 1

    rooms = server.get(f"/websocket/clients/{client.connection_id}/rooms")
    assert rooms.status == 200 and rooms.json["success"] is True and rooms.json["count"] == 1
    assert rooms.json["rooms"][0]["id"] == room_id

    left = server.post(f"/websocket/rooms/{room_id}/leave", body)
    assert left.status == 200 and left.json["success"] is True
    assert server.room(room_id)["connectionsCount"] == 0
    assert server.get(f"/websocket/clients/{client.connection_id}/rooms").json["rooms"] == []


@BOTH
def test_all_rooms_are_listed(fleet, program, path):
    server = fleet.get(program)
    ids = [server.create_room(fresh("listed")) for _ in range(3)]
    answer = server.get("/websocket/rooms").json
    assert answer["success"] is True
    assert answer["count"] == len(answer["rooms"])
    assert set(ids) <= {room["id"] for room in answer["rooms"]}


@BOTH
def test_a_client_is_shown(fleet, open_client, program, path):
    server = fleet.get(program)
    client = open_client(server, path, "Ada 林")
    answer = server.get(f"/websocket/clients/{client.connection_id}")
    assert answer.status == 200 and answer.json["success"] is True
    shown = answer.json["client"]
    assert shown["id"] == client.connection_id
    assert shown["clientId"] == "Ada 林"
    assert shown["path"] == path
    assert re.fullmatch(r"handler_\d+", shown["handlerId"])
    # Chat's onConnect keeps the user agent; nobody else has set anything.
    assert set(shown["metadata"]) == ({"agent"} if program == "Chat" else set())
    assert TIMESTAMP.fullmatch(shown["createdAt"]) and TIMESTAMP.fullmatch(shown["lastPing"])
    assert "roomId" not in shown, "absent optionals are omitted"


def test_last_ping_is_created_at_until_a_ping_or_pong(interop, open_client):
    client = open_client(interop, "/quiet")
    where = f"/websocket/clients/{client.connection_id}"
    shown = interop.get(where).json["client"]
    assert shown["lastPing"] == shown["createdAt"]
    # Timestamps are whole milliseconds: let one pass, or the next may be the same.
    time.sleep(0.002)
    assert client.socket.ping().wait(5)
    client.ask({"type": "ping"})
    assert interop.get(where).json["client"]["lastPing"] > shown["lastPing"]


def test_null_is_the_same_as_leaving_out(interop):
    created = interop.post("/websocket/rooms", {"name": "n", "description": None, "maxConnections": None})
    room = interop.room(created.json["roomId"])
    assert "description" not in room and "maxConnections" not in room


def test_two_rooms_may_bear_one_name(interop):
    name = fresh("same")
    assert interop.create_room(name) != interop.create_room(name)


def test_a_message_to_an_empty_room_succeeds(interop):
    room = interop.create_room()
    assert interop.post(f"/websocket/rooms/{room}/message", {"message": "x"}).json == {"success": True}


def test_a_server_message_runs_no_callback(interop, open_client):
    key = fresh("journal")
    room = interop.create_room()
    client = open_client(interop, "/sync", journal=key)
    client.join(room)
    interop.post(f"/websocket/rooms/{room}/message", {"message": "x"})
    client.next("room_message")
    assert interop.events(key, "onRoomMessage") == interop.events(key, "onMessage") == []


def test_metadata_of_a_room(interop):
    room = interop.create_room()
    assert interop.request("PUT", f"/rooms/{room}/metadata", {"topic": "Swift"}).json["success"] is True
    assert interop.room(room)["metadata"] == {"topic": "Swift"}
    assert interop.request("PUT", f"/rooms/{NOWHERE}/metadata", {"topic": "x"}).json["success"] is False


# -- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"/websocket/rooms/{NOWHERE}", "/websocket/rooms/anything", f"/websocket/rooms/{quote('林')}"])
def test_an_unknown_room_is_a_404(interop, path):
    assert interop.get(path).assert_failure(404).json["error"] == "Room not found"


@pytest.mark.parametrize("verb", ["message", "join", "leave"])
def test_a_verb_on_an_unknown_room_is_a_404(interop, open_client, verb):
    client = open_client(interop, "/quiet")
    body = {"message": "x"} if verb == "message" else {"connectionId": client.connection_id}
    answer = interop.post(f"/websocket/rooms/{NOWHERE}/{verb}", body).assert_failure(404)
    assert answer.json["error"] == "Room not found"


@pytest.mark.parametrize("path", [f"/websocket/clients/{NOBODY}", f"/websocket/clients/{NOBODY}/rooms", "/websocket/clients/x"])
def test_an_unknown_client_is_a_404(interop, path):
    assert interop.get(path).assert_failure(404).json["error"] == "Client not found"


@pytest.mark.parametrize("verb", ["join", "leave"])
def test_a_verb_for_an_unknown_client_is_a_404(interop, verb):
    room = interop.create_room()
    answer = interop.post(f"/websocket/rooms/{room}/{verb}", {"connectionId": NOBODY}).assert_failure(404)
    assert answer.json["error"] == "Client not found"


def test_a_full_room_and_a_second_join_are_a_409(interop, open_client):
    room = interop.create_room(seats=1)
    first, second = open_client(interop, "/quiet"), open_client(interop, "/quiet")
    where = f"/websocket/rooms/{room}/join"
    assert interop.post(where, {"connectionId": first.connection_id}).status == 200
    interop.post(where, {"connectionId": first.connection_id}).assert_failure(409)
    interop.post(where, {"connectionId": second.connection_id}).assert_failure(409)


def test_a_leave_of_a_room_it_is_not_in_is_a_failure(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/quiet")
    answer = interop.post(f"/websocket/rooms/{room}/leave", {"connectionId": client.connection_id})
    assert 400 <= answer.status < 500 and answer.json["success"] is False


def test_a_join_that_a_callback_cancels_is_a_403(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/sync", cancel="onJoinRoom")
    answer = interop.post(f"/websocket/rooms/{room}/join", {"connectionId": client.connection_id})
    answer.assert_failure(403)


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("DELETE", "/websocket/rooms", {"GET", "POST"}),
        ("PUT", f"/websocket/rooms/{NOWHERE}", {"GET"}),
        ("GET", f"/websocket/rooms/{NOWHERE}/join", {"POST"}),
        ("GET", f"/websocket/rooms/{NOWHERE}/leave", {"POST"}),
        ("GET", f"/websocket/rooms/{NOWHERE}/message", {"POST"}),
        ("POST", f"/websocket/clients/{NOBODY}", {"GET"}),
        ("PATCH", f"/websocket/clients/{NOBODY}/rooms", {"GET"}),
    ],
)
def test_another_method_is_a_405_that_names_the_allowed(interop, method, path, allowed):
    answer = interop.request(method, path).assert_failure(405)
    named = {name.strip() for name in answer.headers["allow"].split(",")}
    assert allowed <= named and method not in named


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b'{"name":"a"} x', b'{"name":"\xff"}', b"\x00", b'{"name":' + b"[" * 100_000],
    ids=["empty", "half", "nonsense", "trailing", "utf-8", "nul", "deep"],
)
def test_malformed_json_is_a_400(interop, body):
    interop.request("POST", "/websocket/rooms", body, JSON).assert_failure(400)


@pytest.mark.parametrize(
    "room",
    [
        {"name": ""}, {"name": "x" * 256}, {"name": "é" * 128}, {"name": "a\u0000b"}, {"name": "a\nb"}, {"name": "\u007f"},
        {"name": "n", "maxConnections": 0}, {"name": "n", "maxConnections": -1},
    ],
    ids=lambda room: json.dumps(room)[:40],
)
def test_a_wrong_value_is_a_422(interop, room):
    interop.post("/websocket/rooms", room).assert_failure(422)


@pytest.mark.parametrize(
    "room",
    [
        {}, {"description": "no name"}, {"name": None}, {"name": 1}, {"name": ["x"]}, {"name": "n", "description": 5},
        {"name": "n", "maxConnections": "5"}, {"name": "n", "maxConnections": 1.5}, {"name": "n", "maxConnections": 1e300},
        {"name": "n", "maxConnections": 2**63}, [], "x", 1, None,
    ],
    ids=lambda room: json.dumps(room)[:40],
)
def test_a_wrong_shape_is_a_400_or_422_and_never_a_5xx(interop, room):
    answer = interop.request("POST", "/websocket/rooms", json.dumps(room).encode(), JSON)
    assert answer.status in (400, 422), answer
    answer.assert_failure(answer.status)


@pytest.mark.parametrize("name", ["x", "x" * 255, "é" * 127, " ", "../..", "<script>", "💬"])
def test_names_within_the_limit_are_kept_as_they_are(interop, name):
    assert interop.room(interop.create_room(name))["name"] == name


@pytest.mark.parametrize("verb", ["message", "join", "leave"])
@pytest.mark.parametrize("body", [{}, {"message": None, "connectionId": None}, {"message": 5, "connectionId": 5}], ids=json.dumps)
def test_a_verb_without_its_field_is_a_400_or_422(interop, verb, body):
    room = interop.create_room()
    answer = interop.post(f"/websocket/rooms/{room}/{verb}", body)
    assert answer.status in (400, 422), answer
    answer.assert_failure(answer.status)


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_media_type_is_a_415(interop, type):
    interop.request("POST", "/websocket/rooms", b'{"name":"x"}', {"Content-Type": type}).assert_failure(415)


@pytest.mark.parametrize("type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_the_json_media_type_has_parameters_and_no_case(interop, type):
    answer = interop.request("POST", "/websocket/rooms", b'{"name":"x"}', {"Content-Type": type})
    assert answer.status == 200, answer


def test_a_body_beyond_the_limit_is_a_413(interop):
    body = json.dumps({"name": "x", "description": "y" * (1 << 20)}).encode()
    interop.request("POST", "/websocket/rooms", body, JSON).assert_failure(413)


# -- authorize ----------------------------------------------------------------------------------

GUARDED = [
    ("GET", "/guarded/rooms"), ("POST", "/guarded/rooms"), ("GET", f"/guarded/rooms/{NOWHERE}"),
    ("POST", f"/guarded/rooms/{NOWHERE}/message"), ("POST", f"/guarded/rooms/{NOWHERE}/join"),
    ("POST", f"/guarded/rooms/{NOWHERE}/leave"), ("GET", f"/guarded/clients/{NOBODY}"),
    ("GET", f"/guarded/clients/{NOBODY}/rooms"),
]


@pytest.mark.parametrize("method, path", GUARDED)
def test_every_endpoint_asks_authorize_first(interop, method, path):
    body = {"name": "x", "message": "x", "connectionId": NOBODY} if method == "POST" else None
    interop.request(method, path, body).assert_failure(401)
    interop.request(method, path, body, {"Authorization": "Bearer other"}).assert_failure(403)
    answer = interop.request(method, path, body, {"Authorization": "Bearer admit"})
    assert answer.status in (200, 404), answer
