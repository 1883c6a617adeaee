"""PROTOCOL §3: each of the fourteen events ran with its fields, and was cancelled, modified and thrown in."""

import re
import time

import pytest

from client import fresh
from frames import RawSocket, frame, PING, PONG, TEXT
from servers import eventually
from test_opening import TIMESTAMP

CALLBACKS = [
    "onConnect", "onMessage", "onClose", "onError", "onJoinRoom", "onLeaveRoom", "onPing", "onPong",
    "onBinaryMessage", "onWelcome", "onMessageAck", "onRoomMessage", "onDirectMessage", "onServerError",
]


def the_event(server, client, name: str, **fields) -> dict:
    """The one entry of this callback, with what every event carries."""
    events = server.events(client.journal, name)
    assert len(events) == 1, events
    return checked(events[0], client, **fields)


def checked(event: dict, client, **fields) -> dict:
    assert event["connectionId"] == client.connection_id
    assert event["client_id"] == client.client_id
    assert event["path"] == client.path
    assert re.fullmatch(r"handler_\d+", event["handlerId"])
    assert TIMESTAMP.fullmatch(event["timestamp"])
    for name, value in fields.items():
        assert event.get(name) == value, (name, event)
    return event


def names(server, client) -> list[str]:
    return [event["event"] for event in server.events(client.journal)]


def assert_server_error(server, client, count: int = 1):
    events = server.events(client.journal, "onServerError")
    assert len(events) == count, events
    for event in events:
        checked(event, client)
        assert event["error"] and event["error_type"]


# -- onConnect, onWelcome (onConnect's refusals are in test_opening) ------------------------------


def test_a_connection_begins_with_on_connect_and_on_welcome(interop, recorded):
    client = recorded()
    assert names(interop, client) == ["onConnect", "onWelcome"]
    the_event(interop, client, "onConnect")
    the_event(interop, client, "onWelcome", type="welcome")


def test_on_welcome_cancelled_is_not_sent(interop, flavour, open_client):
    key = fresh("journal")
    client = open_client(interop, flavour, "ada", welcome=False, journal=key, cancel="onWelcome")
    client.send("first")
    assert client.receive()["type"] == "message_ack", "the first message is not a welcome"
    assert len(interop.events(key, "onWelcome")) == 1


def test_on_welcome_modified_changes_the_message_only(interop, recorded):
    client = recorded("ada", modify="onWelcome")
    assert client.welcome["client_id"] == "ada-modified"
    assert interop.get(f"/websocket/clients/{client.connection_id}").json["client"]["clientId"] == "ada"


def test_on_welcome_thrown_is_not_sent(interop, flavour, open_client):
    key = fresh("journal")
    client = open_client(interop, flavour, "ada", welcome=False, journal=key, throw="onWelcome")
    client.send("first")
    assert client.receive()["type"] == "message_ack"
    assert len(interop.events(key, "onServerError")) == 1


# -- onMessage ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["hello", '{"type":"note","text":"x"}', "", "💬 林"])
def test_on_message_runs_with_the_text_as_received(interop, recorded, text):
    client = recorded()
    client.send(text)
    assert client.next("message_ack")["message"] == text
    the_event(interop, client, "onMessage", data=text)


def test_on_message_runs_for_room_and_direct_texts_before_theirs(interop, recorded):
    room = interop.create_room()
    client = recorded()
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "x"})
    client.ask({"type": "direct_message", "target_client_id": client.client_id, "message": "y"})
    order = [name for name in names(interop, client) if name.endswith("Message")]
    assert order == ["onMessage", "onRoomMessage", "onMessage", "onDirectMessage"]


def test_on_message_does_not_run_for_other_control_messages(interop, recorded):
    room = interop.create_room()
    client = recorded()
    client.join(room)
    client.ask({"type": "ping"})
    client.ask({"type": "pong"})
    client.send({"type": "message_ack", "id": "x"})
    client.leave(room)
    assert "onMessage" not in names(interop, client)


def test_on_message_modified_changes_the_text_that_goes_on(interop, recorded):
    client = recorded(modify="onMessage")
    client.send("before and before")
    assert client.next("message_ack")["message"] == "after and after"
    the_event(interop, client, "onMessage", data="before and before")


def test_on_message_modified_is_parsed_again(interop, recorded):
    room = interop.create_room()
    client = recorded(modify="onMessage")
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "before"})
    assert client.next("room_message")["message"] == "after"
    client.ask({"type": "direct_message", "target_client_id": client.client_id, "message": "before"})
    assert client.next("direct_message")["message"] == "after"


def test_on_message_thrown_raises_on_server_error(interop, recorded):
    client = recorded(throw="onMessage")
    client.send("x")
    assert client.next("message_blocked")["code"] == "handler_failed"
    client.ask({"type": "ping"})
    assert_server_error(interop, client)


# -- onBinaryMessage ----------------------------------------------------------------------------


def test_on_binary_message_runs_with_the_bytes(interop, recorded):
    client = recorded()
    client.send(bytes(range(256)))
    client.ask({"type": "ping"})
    the_event(interop, client, "onBinaryMessage", dataHex=bytes(range(256)).hex())
    assert "onMessage" not in names(interop, client)


@pytest.mark.parametrize("request_", ["cancel", "throw"])
def test_on_binary_message_cancelled_or_thrown_is_blocked(interop, recorded, request_):
    client = recorded(**{request_: "onBinaryMessage"})
    client.send(b"abc")
    assert client.next("message_blocked")["originalMessage"] == ""
    client.ask({"type": "ping"})
    assert_server_error(interop, client, 1 if request_ == "throw" else 0)


def test_on_binary_message_modified_goes_on(interop, recorded):
    client = recorded(modify="onBinaryMessage")
    client.send(b"abc")
    client.ask({"type": "ping"})
    assert client.took("message_blocked") == []
    the_event(interop, client, "onBinaryMessage", dataHex=b"abc".hex())


# -- onJoinRoom, onLeaveRoom --------------------------------------------------------------------


def test_on_join_room_and_on_leave_room_run_with_the_room(interop, recorded):
    room = interop.create_room()
    client = recorded()
    client.join(room)
    the_event(interop, client, "onJoinRoom", room_id=room)
    client.leave(room)
    the_event(interop, client, "onLeaveRoom", room_id=room)


def test_on_join_room_and_on_leave_room_run_for_server_calls(interop, recorded):
    room = interop.create_room()
    client = recorded()
    body = {"connectionId": client.connection_id}
    assert interop.post(f"/websocket/rooms/{room}/join", body).status == 200
    the_event(interop, client, "onJoinRoom", room_id=room)
    assert interop.post(f"/websocket/rooms/{room}/leave", body).status == 200
    the_event(interop, client, "onLeaveRoom", room_id=room)


@pytest.mark.parametrize("request_", ["cancel", "throw"])
def test_on_join_room_cancelled_or_thrown_gives_the_seat_back(interop, recorded, open_client, request_):
    room = interop.create_room(seats=1)
    client = recorded(**{request_: "onJoinRoom"})
    answer = client.ask({"type": "join_room", "room_id": room})
    assert (answer["type"], answer["error_type"]) == ("error", "room_join_blocked")
    assert interop.room(room)["connections"] == []
    open_client(interop, "/quiet").join(room)
    assert_server_error(interop, client, 1 if request_ == "throw" else 0)


@pytest.mark.parametrize("request_", ["cancel", "throw"])
def test_on_leave_room_cancelled_or_thrown_stays(interop, recorded, request_):
    room = interop.create_room()
    client = recorded(**{request_: "onLeaveRoom"})
    client.join(room)
    answer = client.ask({"type": "leave_room", "room_id": room})
    assert (answer["type"], answer["error_type"]) == ("error", "room_leave_blocked")
    assert interop.room(room)["connections"] == [client.connection_id]
    # At the close nothing is asked any more: it runs, and its answer changes nothing.
    client.close()
    eventually(lambda: interop.room(room)["connections"] == [], what="the empty room")
    eventually(lambda: len(interop.events(client.journal, "onLeaveRoom")) == 2, what="the second onLeaveRoom")


@pytest.mark.parametrize("callback", ["onJoinRoom", "onLeaveRoom"])
def test_on_join_room_and_on_leave_room_modified_change_metadata(interop, recorded, callback):
    room = interop.create_room()
    client = recorded(modify=callback)
    client.join(room)
    client.leave(room)
    socket = interop.get(f"/websocket/clients/{client.connection_id}").json["client"]
    assert socket["metadata"] == {"modified": callback}


def test_on_leave_room_runs_once_for_each_room_at_the_close(interop, recorded):
    rooms = [interop.create_room() for _ in range(3)]
    client = recorded()
    for room in rooms:
        client.join(room)
    client.leave(rooms[0])
    client.close()
    interop.wait_for_event(client.journal, "onClose")
    left = [event["room_id"] for event in interop.events(client.journal, "onLeaveRoom")]
    assert sorted(left) == sorted(rooms)


# -- onRoomMessage, onDirectMessage -------------------------------------------------------------


def test_on_room_message_runs_with_its_fields(interop, recorded):
    room = interop.create_room()
    client = recorded()
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "hello"})
    the_event(interop, client, "onRoomMessage", room_id=room, message="hello", from_client_id=client.client_id)


def test_on_room_message_runs_once_whatever_the_members(interop, recorded, open_client):
    room = interop.create_room()
    client = recorded()
    client.join(room)
    key = fresh("journal")
    for _ in range(3):
        open_client(interop, client.path, journal=key).join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "hello"})
    the_event(interop, client, "onRoomMessage", message="hello")
    assert interop.events(key, "onRoomMessage") == [], "the callbacks are those of the sender's route, once"


def test_on_direct_message_runs_with_its_fields(interop, recorded, open_client):
    other = open_client(interop, "/quiet", fresh("other"))
    client = recorded()
    client.ask({"type": "direct_message", "target_client_id": other.client_id, "message": "hello"})
    the_event(
        interop, client, "onDirectMessage",
        target_client_id=other.client_id, message="hello", from_client_id=client.client_id,
    )


def test_on_room_message_and_on_direct_message_modified_change_the_message(interop, recorded):
    room = interop.create_room()
    client = recorded(modify="onRoomMessage,onDirectMessage")
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "hello"})
    assert client.next("room_message")["message"] == "modified by onRoomMessage"
    client.ask({"type": "direct_message", "target_client_id": client.client_id, "message": "hello"})
    assert client.next("direct_message")["message"] == "modified by onDirectMessage"


@pytest.mark.parametrize("callback", ["onRoomMessage", "onDirectMessage"])
def test_on_room_message_and_on_direct_message_thrown_raise_on_server_error(interop, recorded, callback):
    room = interop.create_room()
    client = recorded(throw=callback)
    client.join(room)
    address = (
        {"type": "room_message", "room_id": room}
        if callback == "onRoomMessage"
        else {"type": "direct_message", "target_client_id": client.client_id}
    )
    assert client.ask({**address, "message": "x"})["code"] == "handler_failed"
    client.ask({"type": "ping"})
    assert_server_error(interop, client)


# -- onMessageAck -------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_on_message_ack(interop, recorded, request_):
    client = recorded(**({request_: "onMessageAck"} if request_ else {}))
    client.send('{"type":"message_ack","id":"m-1"}')
    client.ask({"type": "ping"})
    the_event(interop, client, "onMessageAck", data='{"type":"message_ack","id":"m-1"}')
    assert_server_error(interop, client, 1 if request_ == "throw" else 0)
    assert client.backlog == [], "no answer, whatever the callback says"


# -- onPing, onPong -----------------------------------------------------------------------------


def test_on_ping_and_on_pong_run_for_json(interop, recorded):
    client = recorded()
    client.send('{"type":"ping"}')
    client.next("pong")
    the_event(interop, client, "onPing", type="ping", data='{"type":"ping"}')
    client.send('{"type":"pong"}')
    client.next("pong")
    the_event(interop, client, "onPong", type="pong", data='{"type":"pong"}')


@pytest.mark.parametrize("callback, type", [("onPing", "ping"), ("onPong", "pong")])
@pytest.mark.parametrize("request_", ["cancel", "throw"])
def test_on_ping_and_on_pong_cancelled_or_thrown_send_no_json_answer(interop, recorded, callback, type, request_):
    client = recorded(**{request_: callback})
    client.send({"type": type, "id": "p-1"})
    client.fence()
    assert client.took("pong") == []
    # An id is answered for all that.
    assert client.answer("p-1")["type"] == ("error" if request_ == "throw" else "message_blocked")
    the_event(interop, client, callback)
    assert_server_error(interop, client, 1 if request_ == "throw" else 0)


@pytest.mark.parametrize("callback, type", [("onPing", "ping"), ("onPong", "pong")])
def test_on_ping_and_on_pong_modified_change_nothing(interop, recorded, callback, type):
    client = recorded(modify=callback)
    answer = client.ask({"type": type})
    assert answer["type"] == "pong" and "modified" not in str(answer)


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_a_ping_frame_is_always_answered(interop, flavour, request_):
    key = fresh("journal")
    target = f"{flavour}?journal={key}" + (f"&{request_}=onPing" if request_ else "")
    with RawSocket(interop.port, target) as socket:
        socket.send(frame(PING, b"\x01beat"))
        opcode, payload = socket.frame()
        assert (opcode, payload) == (PONG, b"\x01beat")
        # Fence: the callback has run when its connection answers what came after.
        socket.send(frame(TEXT, b"fence"))
        assert socket.frame()[0] == TEXT
        (event,) = interop.events(key, "onPing")
        assert event["dataHex"] == b"\x01beat".hex()


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_on_pong_runs_for_a_frame(interop, flavour, request_):
    key = fresh("journal")
    target = f"{flavour}?journal={key}" + (f"&{request_}=onPong" if request_ else "")
    with RawSocket(interop.port, target) as socket:
        socket.send(frame(PONG, b"alone"))
        socket.send(frame(TEXT, b"fence"))
        assert socket.frame()[0] == TEXT
        (event,) = interop.events(key, "onPong")
        assert event["dataHex"] == b"alone".hex()


# -- onError, onServerError, onClose ------------------------------------------------------------


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_on_error_runs_when_the_connection_broke_a_rule(interop, flavour, request_):
    key = fresh("journal")
    target = f"{flavour}?journal={key}" + (f"&{request_}=onError" if request_ else "")
    with RawSocket(interop.port, target) as socket:
        socket.send(frame(TEXT, b"\xff\xfe"))
        assert socket.close_code() == 1007
    event = interop.wait_for_event(key, "onError")
    assert event["error"] and event["error_type"] and event["closeCode"] == 1007
    closed = interop.wait_for_event(key, "onClose")
    assert closed["connectionId"] == socket.welcome["connection_id"]
    if request_ == "throw":
        interop.wait_for_event(key, "onServerError")


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_on_server_error_runs_when_a_callback_threw(interop, recorded, request_):
    if request_ == "throw":
        client = recorded(throw="onMessage,onServerError")
    else:
        client = recorded(throw="onMessage", **({request_: "onServerError"} if request_ else {}))
    client.send("x")
    assert client.next("message_blocked")["code"] == "handler_failed"
    client.ask({"type": "ping"})
    assert_server_error(interop, client)


@pytest.mark.parametrize("request_", [None, "cancel", "modify", "throw"])
def test_on_close_runs_once_with_code_and_reason(interop, recorded, request_):
    client = recorded(**({request_: "onClose"} if request_ else {}))
    client.close(4321, "well, goodbye 林")
    event = interop.wait_for_event(client.journal, "onClose")
    checked(event, client, closeCode=4321, message="well, goodbye 林")
    the_event(interop, client, "onClose")
    eventually(
        lambda: interop.get(f"/websocket/clients/{client.connection_id}").status == 404, what="the end of the client"
    )


def test_on_close_runs_when_the_socket_just_ends(interop, flavour):
    key = fresh("journal")
    with RawSocket(interop.port, f"{flavour}?journal={key}"):
        pass
    assert interop.wait_for_event(key, "onClose")["closeCode"] in (1005, 1006)
    assert len(interop.events(key, "onClose")) == 1


def test_on_close_runs_once_when_the_server_closes(interop, recorded):
    client = recorded()
    client.send({"do": "close", "code": 4000, "reason": "asked"})
    assert client.closed() == (4000, "asked")
    interop.wait_for_event(client.journal, "onClose")
    the_event(interop, client, "onClose", closeCode=4000)


# -- calls from inside a callback, order, the mask ------------------------------------------------


def test_a_callback_can_send_join_publish_and_leave(interop, recorded, open_client):
    room = interop.create_room()
    other = open_client(interop, "/quiet")
    other.join(room)
    client = recorded()
    client.send({"do": "send", "text": '{"type":"mine","n":1}'})
    assert client.next("mine")["n"] == 1
    client.send({"do": "join", "room_id": room})
    client.fence()
    # The nested callback ran in place: after the onMessage it was asked in, before the next.
    assert names(interop, client)[-3:] == ["onMessage", "onJoinRoom", "onMessage"]
    assert client.connection_id in interop.room(room)["connections"]
    client.send({"do": "publish", "room_id": room, "text": "published"})
    message = other.next("room_message")
    assert (message["message"], message["from_client_id"]) == ("published", client.client_id)
    client.send({"do": "leave", "room_id": room})
    client.fence()
    assert client.connection_id not in interop.room(room)["connections"]


def test_a_callback_can_keep_metadata(interop, recorded):
    client = recorded()
    client.send({"do": "metadata", "key": "colour", "value": "blue"})
    client.fence()
    socket = interop.get(f"/websocket/clients/{client.connection_id}").json["client"]
    assert socket["metadata"] == {"colour": "blue"}
    client.send("again")
    client.next("message_ack", message="again")
    assert interop.events(client.journal, "onMessage")[-1]["metadata"] == {"colour": "blue"}


def test_callbacks_of_one_connection_run_in_order(interop, recorded):
    client = recorded(delay="5")
    for index in range(30):
        client.send(f"{index}")
    for index in range(30):
        assert client.next("message_ack")["message"] == f"{index}"
    assert [event["data"] for event in interop.events(client.journal, "onMessage")] == [f"{i}" for i in range(30)]


def test_a_slow_callback_holds_up_nobody_else(interop, open_client):
    slow = open_client(interop, "/async", delay="700")
    clients = [open_client(interop, "/async") for _ in range(8)]
    slow.send("slow")
    begun = time.monotonic()
    for client in clients:
        client.fence()
    assert time.monotonic() - begun < 0.6
    assert slow.next("message_ack")["message"] == "slow"


def test_a_route_with_one_callback_still_speaks_the_whole_protocol(interop, open_client):
    key = fresh("journal")
    room = interop.create_room()
    client = open_client(interop, "/minimal", fresh("minimal"), journal=key)
    client.join(room)
    assert client.ask({"type": "room_message", "room_id": room, "message": "x"})["type"] == "message_ack"
    assert client.next("room_message")
    client.ask({"type": "direct_message", "target_client_id": client.client_id, "message": "x"})
    assert client.next("direct_message")
    assert client.ask({"type": "ping"})["type"] == "pong"
    client.leave(room)
    client.close()
    assert {event["event"] for event in interop.events(key)} == {"onMessage"}
    assert interop.get("/explain/minimal").json["enabled"] == ["onMessage"]


def test_explain_names_what_is_enabled(interop):
    assert sorted(interop.get("/explain/sync").json["enabled"]) == sorted(CALLBACKS)
    assert interop.get("/explain/quiet").json["enabled"] == []


def test_events_are_switched_while_running(interop, open_client):
    key = fresh("journal")
    client = open_client(interop, "/toggled", "ada", journal=key)

    def count(what: str, name: str) -> int:
        return interop.get("/explain/toggled").json[what].get(name, 0)

    def enable(*events: str):
        answer = interop.request("PUT", "/enabled-events/toggled", {"events": list(events)})
        assert answer.status == 200, answer

    def counts(name: str) -> tuple[int, int]:
        return count("run", name), count("skipped", name)

    run, skipped = counts("onMessage")
    client.send("one")
    client.next("message_ack", message="one")
    assert counts("onMessage") == (run + 1, skipped)

    enable("onPing")
    assert interop.get("/explain/toggled").json["enabled"] == ["onPing"]
    client.send("two")
    assert client.next("message_ack")["message"] == "two", "silenced is the callback, never the protocol"
    assert counts("onMessage") == (run + 1, skipped + 1)
    client.ask({"type": "ping"})
    assert len(interop.events(key, "onPing")) == 1

    enable(*CALLBACKS)
    client.send("three")
    client.next("message_ack", message="three")
    assert [event["data"] for event in interop.events(key, "onMessage")] == ["one", "three"]


def test_enabling_what_has_no_callback_changes_nothing(interop, open_client):
    interop.request("PUT", "/enabled-events/minimal", {"events": CALLBACKS})
    assert interop.get("/explain/minimal").json["enabled"] == ["onMessage"]


def test_an_event_without_a_name_is_a_422(interop):
    interop.request("PUT", "/enabled-events/toggled", {"events": ["onNothing"]}).assert_failure(422)
