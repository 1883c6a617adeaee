"""PROTOCOL §2: every message, every answer, every error type."""

import json
import time

import pytest

from client import fresh
from test_opening import TIMESTAMP


@pytest.fixture
def client(interop, open_client):
    """On a route without callbacks: what happens here is the protocol's own doing."""
    return open_client(interop, "/quiet", fresh("client"))


def failure(answer: dict, error_type: str) -> dict:
    assert answer["type"] == "error", answer
    assert answer["error_type"] == error_type, answer
    assert isinstance(answer["error"], str) and answer["error"]
    assert TIMESTAMP.fullmatch(answer["timestamp"])
    return answer


# -- join_room, leave_room ----------------------------------------------------------------------


def test_join_and_leave(interop, client):
    room = interop.create_room()
    answer = client.ask({"type": "join_room", "room_id": room})
    assert answer["type"] == "room_joined"
    assert (answer["room_id"], answer["members_count"]) == (room, 1)
    assert "members" not in answer, "announceMembers is off here"
    answer = client.ask({"type": "leave_room", "room_id": room})
    assert answer["type"] == "room_left" and answer["room_id"] == room


def test_an_answer_without_an_id_has_none(interop, client):
    room = interop.create_room()
    client.send({"type": "join_room", "room_id": room})
    assert "id" not in client.next("room_joined", room_id=room)
    client.send({"type": "leave_room", "room_id": room})
    assert "id" not in client.next("room_left", room_id=room)
    client.send({"type": "leave_room", "room_id": room})
    assert "id" not in failure(client.next("error"), "not_a_member")


def test_room_not_found(client):
    failure(client.ask({"type": "join_room", "room_id": "room_" + "0" * 32}), "room_not_found")
    for type in ("leave_room", "room_message"):
        message = {"type": type, "room_id": "room_" + "0" * 32, "message": "x"}
        if type == "leave_room":
            del message["message"]
        failure(client.ask(message), "room_not_found")


def test_already_in_room(interop, client):
    room = interop.create_room()
    client.join(room)
    failure(client.ask({"type": "join_room", "room_id": room}), "already_in_room")


def test_room_full(interop, client, open_client):
    room = interop.create_room(seats=1)
    open_client(interop, "/quiet").join(room)
    failure(client.ask({"type": "join_room", "room_id": room}), "room_full")


def test_not_a_member(interop, client):
    room = interop.create_room()
    failure(client.ask({"type": "leave_room", "room_id": room}), "not_a_member")
    failure(client.ask({"type": "room_message", "room_id": room, "message": "x"}), "not_a_member")


@pytest.mark.timeout(60)
def test_too_many_rooms(interop, client):
    rooms = [interop.create_room(f"many {i}") for i in range(129)]
    for room in rooms[:128]:
        client.join(room)
    failure(client.ask({"type": "join_room", "room_id": rooms[128]}), "too_many_rooms")
    client.leave(rooms[0])
    client.join(rooms[128])


def test_room_join_blocked_and_room_leave_blocked(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/sync", cancel="onJoinRoom")
    failure(client.ask({"type": "join_room", "room_id": room}), "room_join_blocked")
    client = open_client(interop, "/sync", cancel="onLeaveRoom")
    client.join(room)
    failure(client.ask({"type": "leave_room", "room_id": room}), "room_leave_blocked")


# -- room_message -------------------------------------------------------------------------------


def test_a_room_message_reaches_every_member_and_the_sender(interop, open_client):
    room = interop.create_room()
    clients = [open_client(interop, "/quiet", fresh("member")) for _ in range(6)]
    for client in clients:
        client.join(room)
    answer = clients[0].ask({"type": "room_message", "room_id": room, "message": "Hello room!"})
    assert answer["type"] == "message_ack"
    for client in clients:
        message = client.next("room_message")
        assert message["message"] == "Hello room!"
        assert message["room_id"] == room
        assert message["from_client_id"] == clients[0].client_id
        assert TIMESTAMP.fullmatch(message["timestamp"])


def test_a_room_message_without_an_id_is_not_acknowledged(interop, client):
    room = interop.create_room()
    client.join(room)
    client.send({"type": "room_message", "room_id": room, "message": "quiet"})
    client.next("room_message", message="quiet")
    client.fence()
    assert client.took("message_ack") == []


PAYLOADS = [
    "", "text", "with \"quotes\" \\ and \u2028 lines\n", "💬 é 林", 0, -1.5, 1e300, True, False, None, [], {},
    [1, "two", {"three": [None]}], {"type": "join_room", "nested": {"deep": {"er": 1}}},
]


@pytest.mark.parametrize("field", ["message", "data"])
@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: json.dumps(payload)[:24])
def test_a_payload_is_any_json_value(interop, client, payload, field):
    room = interop.create_room()
    client.join(room)
    assert client.ask({"type": "room_message", "room_id": room, field: payload})["type"] == "message_ack"
    delivered = client.next("room_message")
    assert delivered["message"] == payload and type(delivered["message"]) is type(payload)
    assert "data" not in delivered
    target = {"type": "direct_message", "target_client_id": client.client_id, field: payload}
    assert client.ask(target)["type"] == "message_ack"
    assert client.next("direct_message")["message"] == payload


def test_a_payload_that_is_no_string_is_carried_verbatim(interop, client):
    room = interop.create_room()
    client.join(room)
    payload = '{"n": 1.000, "big":12345678901234567890, "e": 1E+2, "t":"\\u00e9"}'
    client.send('{"type":"room_message","room_id":"%s","message":%s}' % (room, payload))
    while True:
        text = client.socket.recv(5)
        if '"room_message"' in text:
            break
    assert payload in text


def test_both_message_and_data_is_a_validation_error(interop, client):
    room = interop.create_room()
    client.join(room)
    failure(client.ask({"type": "room_message", "room_id": room, "message": "a", "data": "b"}), "validation_error")
    both = {"type": "direct_message", "target_client_id": client.client_id, "message": "a", "data": "a"}
    failure(client.ask(both), "validation_error")


# -- direct_message -----------------------------------------------------------------------------


def test_a_direct_message_reaches_every_connection_of_that_client(interop, client, open_client):
    target = fresh("target")
    connections = [open_client(interop, path, target) for path in ("/quiet", "/sync", "/async", "/quiet")]
    other = open_client(interop, "/quiet", fresh("other"))
    answer = client.ask({"type": "direct_message", "target_client_id": target, "message": "Private message"})
    assert answer["type"] == "message_ack"
    for connection in connections:
        message = connection.next("direct_message")
        assert message["message"] == "Private message"
        assert message["from_client_id"] == client.client_id
        assert TIMESTAMP.fullmatch(message["timestamp"])
        assert "room_id" not in message
    client.send({"type": "direct_message", "target_client_id": other.client_id, "message": "yours"})
    assert other.next("direct_message")["message"] == "yours", "nothing of the first came here"


def test_client_not_found(client):
    failure(client.ask({"type": "direct_message", "target_client_id": fresh("nobody"), "message": "x"}), "client_not_found")


def test_a_client_that_left_is_not_found(interop, client, open_client):
    gone = open_client(interop, "/quiet", fresh("gone"))
    gone.close()
    deadline = time.monotonic() + 5
    while True:
        answer = client.ask({"type": "direct_message", "target_client_id": gone.client_id, "message": "x"})
        if answer["type"] == "error":
            failure(answer, "client_not_found")
            return
        assert time.monotonic() < deadline


# -- ping, pong, message_ack --------------------------------------------------------------------


def test_ping_is_answered_by_pong(client):
    answer = client.ask({"type": "ping", "timestamp": "2024-01-01T00:00:00Z"})
    assert answer["type"] == "pong" and TIMESTAMP.fullmatch(answer["timestamp"])
    client.send({"type": "ping"})
    assert "id" not in client.next("pong")


def test_pong_is_answered_by_pong_with_latency_and_never_by_an_ack(client):
    answer = client.ask({"type": "pong"})
    assert answer["type"] == "pong"
    assert answer["latency"] == 0, "no ping of the server was open"
    client.fence()
    assert client.took("message_ack") == []


def test_the_server_pings_and_measures(start, open_client):
    server = start("InteropServer", "--json-ping-interval", "0.15")
    client = open_client(server, "/quiet")
    ping = client.next("ping")
    assert TIMESTAMP.fullmatch(ping["timestamp"])
    time.sleep(0.4)
    client.fence()
    assert client.took("ping") == [], "no second ping while one is unanswered"
    client.send({"type": "pong"})
    latency = client.next("pong")["latency"]
    assert isinstance(latency, (int, float)) and 300 < latency < 5000
    assert client.next("ping"), "answered: the next may come"


def test_a_message_ack_of_the_client_has_no_answer(client):
    client.send({"type": "message_ack", "id": "m-1"})
    client.fence()
    assert client.backlog == []


# -- everything else ----------------------------------------------------------------------------

ORDINARY = [
    "hello", "", "null", "12", '"text"', "[]", "{}", "{", '{"type":1}', '{"type":"unknown","a":1}',
    '{"type":"chat","data":"x"}', '{"type":"message","message":"hi"}', '["join_room"]', '{"Type":"ping"}',
    '{"type":"PING"}', "{'type':'ping'}", '{"type":"ping"} trailing', "💬 é 林 \u2028",
    '{"a":' * 40 + "1" + "}" * 40,
    '{"type":"room_message","room_id":"x","message":' + "[" * 40 + "]" * 40 + "}",
]


@pytest.mark.parametrize("text", ORDINARY, ids=range(len(ORDINARY)))
def test_any_other_text_is_acknowledged_with_itself(client, text):
    client.send(text)
    answer = client.next("message_ack")
    assert answer["message"] == text
    assert TIMESTAMP.fullmatch(answer["timestamp"])


def test_an_ordinary_message_with_an_id_gets_it_back(client):
    message = {"type": "message", "id": "c-17", "message": "x"}
    client.send(message)
    assert client.answer("c-17")["type"] == "message_ack"
    client.send({"type": "anything", "id": "c-18"})
    assert client.answer("c-18")["type"] == "message_ack"


@pytest.mark.parametrize("id", ["x", "x" * 64, "é" * 32, "a b/\"\\"])
def test_ids_up_to_64_bytes_come_back(client, id):
    client.send({"type": "ping", "id": id})
    assert client.answer(id)["type"] == "pong"


@pytest.mark.parametrize("id", ["", "x" * 65, "é" * 33])
def test_an_id_of_the_wrong_length_is_a_validation_error(client, id):
    client.send({"type": "ping", "id": id})
    failure(client.next("error"), "validation_error")


@pytest.mark.parametrize("id", [1, None, {}, True])
def test_an_id_that_is_no_string_is_an_invalid_format(client, id):
    client.send({"type": "ping", "id": id})
    failure(client.next("error"), "invalid_format")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "join_room"},
        {"type": "join_room", "room_id": 7},
        {"type": "join_room", "room_id": None},
        {"type": "leave_room"},
        {"type": "leave_room", "room_id": ["x"]},
        {"type": "room_message", "message": "x"},
        {"type": "room_message", "room_id": "room_x"},
        {"type": "room_message", "room_id": {}, "message": "x"},
        {"type": "direct_message", "message": "x"},
        {"type": "direct_message", "target_client_id": "x"},
        {"type": "direct_message", "target_client_id": 1, "message": "x"},
    ],
    ids=json.dumps,
)
def test_not_the_shape_of_its_type_is_an_invalid_format(client, message):
    failure(client.ask(message), "invalid_format")
    assert client.ask({"type": "ping"})["type"] == "pong", "the connection lives"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "direct_message", "target_client_id": "", "message": "x"},
        {"type": "direct_message", "target_client_id": "x" * 129, "message": "x"},
    ],
    ids=["empty", "too long"],
)
def test_the_right_shape_with_a_wrong_value_is_a_validation_error(client, message):
    failure(client.ask(message), "validation_error")


def test_every_id_gets_exactly_one_answer(interop, open_client):
    client = open_client(interop, "/sync")
    room = interop.create_room()
    client.join(room)
    ids = []
    for index in range(40):
        message = [
            {"type": "room_message", "room_id": room, "message": index},
            {"type": "ping"},
            {"type": "pong"},
            {"type": "other"},
            {"type": "join_room", "room_id": room},
            {"type": "direct_message", "target_client_id": client.client_id, "message": index},
            {"type": "leave_room", "room_id": "nowhere"},
            {"type": "room_message", "room_id": room},
        ][index % 8]
        ids.append(f"one-{index}")
        client.send({**message, "id": ids[-1]})
    answers = [client.answer(id) for id in ids]
    client.fence()
    assert not [message for message in client.backlog if message.get("id") in ids]
    expected = ["message_ack", "pong", "pong", "message_ack", "error", "message_ack", "error", "error"]
    assert [answer["type"] for answer in answers] == expected * 5


def test_fragmented_texts_are_one_message(client):
    client.socket.send(iter(['{"type":"pi', 'ng","id', '":"f-1"}']))
    assert client.answer("f-1")["type"] == "pong"


def test_a_large_message_is_acknowledged_whole(client):
    text = "é" * 400_000
    client.send(text)
    assert client.next("message_ack")["message"] == text
