"""What happens at the wrong moment: ends during a callback or a join, calls nested in callbacks, many messages in one segment."""

import asyncio
import json
import random
import signal
import socket
import struct
import threading
import time

import pytest
from websockets.asyncio.client import connect

from client import Client, fresh
from frames import CLOSE, PING, PONG, TEXT, RawSocket, frame, opening
from http11 import Wire, head
from servers import eventually


def text(message) -> bytes:
    return frame(TEXT, (message if isinstance(message, str) else json.dumps(message)).encode())


def cut(wire: Wire):
    """Ends the connection by a reset: nothing that is on its way arrives."""
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.socket.close()


def messages(wire: RawSocket, count: int) -> list[dict]:
    found = []
    while len(found) < count:
        opcode, payload = wire.frame()
        if opcode == TEXT:
            found.append(json.loads(payload))
    return found


def names(server, key: str) -> list[str]:
    return [event["event"] for event in server.events(key)]


# -- the order of answers, and one for each id ----------------------------------------------------


def test_answers_come_in_the_order_of_the_questions(interop, flavour):
    room, other = interop.create_room(), interop.create_room()
    asked = [
        {"type": "join_room", "room_id": room},
        {"type": "room_message", "room_id": room, "message": "x"},
        {"type": "join_room", "room_id": room},
        {"type": "ping"},
        {"type": "anything"},
        {"type": "join_room", "room_id": other},
        {"type": "room_message", "room_id": "nowhere", "message": "x"},
        {"type": "direct_message", "target_client_id": "nobody", "message": "x"},
        {"type": "leave_room", "room_id": other},
        {"type": "room_message", "room_id": other, "message": "x"},
        {"type": "leave_room", "room_id": room},
        {"type": "pong"},
    ]
    answers = [
        "room_joined", "message_ack", "error", "pong", "message_ack", "room_joined", "error", "error", "room_left",
        "error", "room_left", "pong",
    ]
    rounds = 4
    with RawSocket(interop.port, flavour) as wire:
        questions = [{**message, "id": f"{turn}-{index}"} for turn in range(rounds) for index, message in enumerate(asked)]
        wire.send(b"".join(text(question) for question in questions))
        # And one room_message each round, which has no id.
        received = messages(wire, rounds * (len(asked) + 1))
        answered = [message for message in received if "id" in message]
        assert [message["id"] for message in answered] == [question["id"] for question in questions]
        assert [message["type"] for message in answered] == answers * rounds
        assert len([message for message in received if message["type"] == "room_message"]) == rounds


def test_what_follows_a_join_in_one_segment_is_delivered_at_once(start):
    """On an idle server with one loop nothing else comes by that would take a forgotten delivery along."""
    server = start("InteropServer", loops=1)
    room = server.create_room()
    with RawSocket(server.port, "/quiet") as wire:
        wire.send(
            text({"type": "join_room", "room_id": room}) + text({"type": "room_message", "room_id": room, "message": "x"})
        )
        begun = time.monotonic()
        assert [message["type"] for message in messages(wire, 2)] == ["room_joined", "room_message"]
        assert time.monotonic() - begun < 2


def test_a_leave_at_the_close_is_announced_at_once(start, open_client):
    server = start("InteropServer", loops=1)
    room = server.create_room()
    ada = open_client(server, "/announced", "ada")
    ada.join(room)
    with RawSocket(server.port, "/announced?clientId=ben") as ben:
        ben.send(text({"type": "join_room", "room_id": room}))
        messages(ben, 1)
        cut(ben)
    assert ada.next("member_left", timeout=2)["client_id"] == "ben"


CALLBACK_OF = {
    "room_message": ["onMessage", "onRoomMessage"], "direct_message": ["onMessage", "onDirectMessage"],
    "note": ["onMessage"], "join_room": ["onJoinRoom"], "leave_room": ["onLeaveRoom"],
}


@pytest.mark.parametrize("how", ["cancel", "throw"])
@pytest.mark.parametrize("type, callback", [(type, name) for type, names in CALLBACK_OF.items() for name in names])
def test_an_id_is_answered_once_whatever_a_callback_says(interop, recorded, how, type, callback):
    room, inside = interop.create_room(), interop.create_room()
    client = recorded(**{how: callback})
    if callback != "onJoinRoom":
        client.join(inside)
    message = {
        "room_message": {"room_id": inside, "message": "x"},
        "direct_message": {"target_client_id": client.client_id, "message": "x"},
        "note": {}, "join_room": {"room_id": room}, "leave_room": {"room_id": inside},
    }[type]
    client.send({"type": type, "id": "once", **message})
    expected = "error" if type in ("join_room", "leave_room") else "message_blocked"
    assert client.answer("once")["type"] == expected
    client.ask({"type": "ping"})
    assert [left for left in client.backlog if left.get("id") == "once"] == []


def test_more_notices_than_ten_a_second_still_answer_every_id(interop, recorded):
    """Ten notices a second; but an id waits for its answer."""
    client = recorded(cancel="onMessage")
    for index in range(50):
        client.send({"type": "note", "id": f"n-{index}"})
    for index in range(50):
        assert client.answer(f"n-{index}")["type"] == "message_blocked"


def test_a_burst_at_a_slow_callback_is_answered_whole_and_in_order(interop):
    with RawSocket(interop.port, "/async") as wire:
        count = 3000
        threading.Thread(target=lambda: wire.send(b"".join(text(f"{index}") for index in range(count)))).start()
        assert [message["message"] for message in messages(wire, count)] == [f"{index}" for index in range(count)]


# -- calls nested in callbacks ----------------------------------------------------------------------


def test_app_calls_for_the_own_connection_do_not_wait_for_their_callback(interop, recorded):
    room = interop.create_room()
    client = recorded()
    client.send({"do": "app.joinRoom", "room_id": room})
    eventually(lambda: client.connection_id in interop.room(room)["connections"], what="the join")
    client.fence()
    client.send({"do": "app.leaveRoom", "room_id": room})
    eventually(lambda: interop.room(room)["connections"] == [], what="the leave")
    client.fence()
    assert [name for name in names(interop, client.journal) if "Room" in name] == ["onJoinRoom", "onLeaveRoom"]


def test_a_nested_app_call_is_done_when_the_callback_goes_on(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/async")
    client.send({"do": "app.joinRoom", "room_id": room})
    # The ack follows the callback, and the callback awaited the join.
    types = [client.receive()["type"] for _ in range(2)]
    assert types == ["room_joined", "message_ack"]


def test_a_join_nested_in_a_join(interop, recorded):
    first, second = interop.create_room(), interop.create_room()
    client = recorded(then=second)
    assert client.ask({"type": "join_room", "room_id": first})["type"] == "room_joined"
    client.next("room_joined", room_id=second)
    rooms = interop.get(f"/websocket/clients/{client.connection_id}/rooms").json["rooms"]
    assert {room["id"] for room in rooms} == {first, second}
    joined = [event["room_id"] for event in interop.events(client.journal, "onJoinRoom")]
    assert joined == [first, second]


def test_a_join_nested_in_its_own_join_is_refused_and_no_more(interop, recorded):
    """Both rooms name each other: the ring ends, since the first seat is taken already."""
    first, second = interop.create_room(), interop.create_room()
    client = recorded(then=first)
    assert client.ask({"type": "join_room", "room_id": second})["type"] == "room_joined"
    client.next("room_joined", room_id=first)
    client.fence()
    assert interop.get(f"/websocket/clients/{client.connection_id}/rooms").json["count"] == 2


def test_a_callback_removes_the_room_it_is_in(interop, recorded, open_client):
    room = interop.create_room()
    client, other = recorded(), open_client(interop, "/quiet")
    client.join(room)
    other.join(room)
    client.send({"do": "app.removeRoom", "room_id": room})
    for one in (client, other):
        assert one.next("room_left")["room_id"] == room
        one.fence()
    interop.get(f"/websocket/rooms/{room}").assert_failure(404)


def test_a_callback_disconnects_its_own_connection(interop, recorded):
    client = recorded()
    client.send({"do": "app.disconnect"})
    assert client.closed() == (1000, "")
    interop.wait_for_event(client.journal, "onClose")
    assert names(interop, client.journal).count("onClose") == 1


def test_nothing_follows_the_close_that_a_callback_sends(interop, flavour):
    with RawSocket(interop.port, flavour) as wire:
        close = {"do": "close", "code": 4002, "reason": "enough", "id": "late"}
        wire.send(text(close) + b"".join(text({"type": "ping", "id": f"{index}"}) for index in range(20)))
        assert wire.frame()[0] == CLOSE
        wire.send(frame(CLOSE, struct.pack("!H", 4002)))
        assert wire.is_closed() and wire.pending == b""


def test_nothing_is_delivered_after_the_close_of_the_server(interop, open_client):
    """A member that is being closed, and takes its time to answer, hears no room and no broadcast any more."""
    room, other = interop.create_room(), open_client(interop, "/quiet")
    other.join(room)
    for path in ("/announced", "/raw-room"):
        with RawSocket(interop.port, path, welcome=path != "/raw-room") as wire:
            wire.send(frame(TEXT, f"join {room}".encode()) if path == "/raw-room" else text({"type": "join_room", "room_id": room}))
            member = eventually(
                lambda: [id for id in interop.room(room)["connections"] if id != other.connection_id], what="the join")[0]
            assert interop.post("/disconnect", {"connectionId": member}).json["success"] is True
            for message in ("one", "two"):
                other.ask({"type": "room_message", "room_id": room, "message": message})
            interop.post("/broadcast", {"path": path, "message": "three"})
            interop.post("/direct", {"clientId": getattr(wire, "welcome", {}).get("client_id", ""), "message": "four"})
            assert wire.close_code() == 1000
            wire.send(frame(CLOSE, struct.pack("!H", 1000)))
            assert wire.is_closed() and wire.pending == b""
        eventually(lambda: len(interop.room(room)["connections"]) == 1, what="its leave")


def test_what_was_published_before_a_close_goes_out_before_it(interop, flavour):
    room = interop.create_room()
    with RawSocket(interop.port, flavour) as wire:
        wire.send(
            text({"type": "join_room", "room_id": room}) + text({"do": "publish", "room_id": room, "text": "last words"})
            + text({"do": "close", "code": 4004, "reason": ""})
        )
        received = [message for message in messages(wire, 3)]
        assert "last words" in [message.get("message") for message in received]
        assert wire.close_code() == 4004


def test_a_throw_after_a_close_costs_nothing_more(interop, flavour):
    key = fresh("journal")
    with RawSocket(interop.port, f"{flavour}?journal={key}&throw=onMessage") as wire:
        wire.send(text({"do": "close", "code": 4003, "reason": ""}))
        assert wire.close_code() == 4003
    interop.wait_for_event(key, "onClose")
    assert names(interop, key).count("onClose") == 1


def test_throws_in_every_callback_at_once(interop, flavour):
    """But onConnect's, which would be the end."""
    every = "onWelcome,onMessage,onBinaryMessage,onJoinRoom,onLeaveRoom,onRoomMessage,onDirectMessage,onMessageAck,"
    every += "onPing,onPong,onError,onServerError,onClose"
    key, room = fresh("journal"), interop.create_room(seats=1)
    with RawSocket(interop.port, f"{flavour}?journal={key}&throw={every}", welcome=False) as wire:
        for message in (
            "plain", {"type": "join_room", "room_id": room}, {"type": "room_message", "room_id": room, "message": "x"},
            {"type": "direct_message", "target_client_id": "x", "message": "x"}, {"type": "message_ack", "id": "x"},
            {"type": "ping"}, {"type": "pong"},
        ):
            wire.send(text(message))
        wire.send(frame(2, b"bytes") + frame(PING, b"p") + frame(PONG, b"p") + frame(TEXT, b"\xff"))
        assert wire.close_code() == 1007
    interop.wait_for_event(key, "onClose")
    ran = names(interop, key)
    assert ran.count("onClose") == ran.count("onError") == 1
    assert interop.room(room)["connections"] == []


# -- ends at the wrong moment -----------------------------------------------------------------------


def ends():
    def closes(wire: RawSocket):
        wire.send(frame(CLOSE, struct.pack("!H", 1000)))
        wire.socket.close()

    def vanishes(wire: RawSocket):
        wire.socket.close()

    return pytest.mark.parametrize("end", [closes, vanishes, cut], ids=["closes", "vanishes", "resets"])


@ends()
def test_an_end_during_a_callback(interop, end):
    key = fresh("journal")
    wire = RawSocket(interop.port, f"/async?journal={key}&delay=250")
    wire.send(text("first"))
    time.sleep(0.1)
    end(wire)
    interop.wait_for_event(key, "onClose")
    # Whether the ack still found a transport to fail on is a matter of time.
    ran = [name for name in names(interop, key) if name != "onError"]
    assert ran == ["onConnect", "onWelcome", "onMessage", "onClose"]
    connection = interop.events(key)[0]["connectionId"]
    eventually(lambda: interop.get(f"/websocket/clients/{connection}").status == 404, what="the end of the client")


@ends()
def test_an_end_while_onJoinRoom_decides_leaks_no_seat(interop, open_client, end):
    key, room = fresh("journal"), interop.create_room(seats=1)
    wire = RawSocket(interop.port, f"/async?journal={key}&delay=250")
    wire.send(text({"type": "join_room", "room_id": room}))
    time.sleep(0.1)
    end(wire)
    interop.wait_for_event(key, "onClose")
    client = open_client(interop, "/quiet")
    eventually(lambda: client.ask({"type": "join_room", "room_id": room})["type"] == "room_joined", what="a seat")
    assert interop.room(room)["connections"] == [client.connection_id]


@ends()
def test_an_end_while_onLeaveRoom_decides(interop, end):
    key, room = fresh("journal"), interop.create_room()
    wire = RawSocket(interop.port, f"/async?journal={key}&delay=200")
    wire.send(text({"type": "join_room", "room_id": room}))
    messages(wire, 1)
    wire.send(text({"type": "leave_room", "room_id": room}))
    time.sleep(0.1)
    end(wire)
    interop.wait_for_event(key, "onClose")
    eventually(lambda: interop.room(room)["connections"] == [], what="the empty room")
    assert names(interop, key).count("onLeaveRoom") == 1, "it was asked once whether it may leave"


@ends()
def test_an_end_during_a_nested_join_leaks_no_seat(interop, open_client, end):
    key, room = fresh("journal"), interop.create_room(seats=1)
    wire = RawSocket(interop.port, f"/async?journal={key}&delay=200")
    wire.send(text({"do": "app.joinRoom", "room_id": room}))
    time.sleep(0.3)
    end(wire)
    interop.wait_for_event(key, "onClose")
    client = open_client(interop, "/quiet")
    eventually(lambda: client.ask({"type": "join_room", "room_id": room})["type"] == "room_joined", what="a seat")


@pytest.mark.parametrize("path", ["/quiet", "/sync", "/async", "/announced", "/raw-room"])
def test_joins_that_race_with_their_ends_leak_no_seat(interop, open_client, path):
    room = interop.create_room(seats=40)
    join = f"join {room}" if path == "/raw-room" else {"type": "join_room", "room_id": room}
    random.seed(7)
    for _ in range(150):
        wire = RawSocket(interop.port, path, welcome=path != "/raw-room")
        wire.send(text(join))
        if random.random() < 0.5:
            time.sleep(random.random() * 0.002)
        random.choice([cut, lambda wire: wire.socket.close()])(wire)
    eventually(lambda: interop.room(room)["connections"] == [], what="the empty room")
    # Reserved seats are not shown: only a full house proves that none is left over.
    clients = [open_client(interop, "/quiet") for _ in range(40)]
    for client in clients:
        client.join(room)


def test_an_end_while_onConnect_decides(interop):
    before = interop.get("/counts").json["connections"]
    key = fresh("journal")
    for end in (cut, lambda wire: wire.socket.close(), lambda wire: wire.socket.shutdown(socket.SHUT_WR)):
        wire = Wire(interop.port)
        wire.send(opening(interop.port, f"/async?journal={key}&delay=250"))
        time.sleep(0.05)
        end(wire)
        time.sleep(0.35)
    eventually(lambda: interop.get("/counts").json["connections"] <= before, what="the end of all three")

    def is_even():
        ran = names(interop, key)
        return ran.count("onConnect") == 3 and ran.count("onWelcome") == ran.count("onClose")

    eventually(is_even, what="an onClose for each that was opened")


def test_bytes_before_the_101_wait_for_it(interop):
    with Wire(interop.port) as wire:
        wire.send(opening(interop.port, "/async?delay=100") + text("early"))
        assert wire.response("HEAD").status == 101
        raw = RawSocket.__new__(RawSocket)
        raw.socket, raw.pending = wire.socket, wire.pending
        assert [message["type"] for message in messages(raw, 2)] == ["welcome", "message_ack"]


def test_more_than_16_kib_before_the_101_are_refused(interop):
    with Wire(interop.port) as wire:
        wire.send(opening(interop.port, "/async?delay=2000") + text("x" * 20_000))
        wire.response().assert_failure(400)
        assert wire.is_closed()


def test_a_callback_slower_than_the_pings_costs_no_connection(start, open_client):
    """Who is not read from, because its callback runs, can't be blamed for silence."""
    server = start("InteropServer", "--ping-interval", "0.2", "--ping-timeout", "0.2")
    client = open_client(server, "/async", delay="1500")
    client.send("slow")
    assert client.next("message_ack")["message"] == "slow"
    client.send("again")
    assert client.next("message_ack")["message"] == "again"


def test_a_close_waits_for_the_callbacks_before_it(interop):
    key = fresh("journal")
    with RawSocket(interop.port, f"/async?journal={key}&delay=30") as wire:
        wire.send(b"".join(text(f"{index}") for index in range(5)) + frame(CLOSE, struct.pack("!H", 1000)))
        assert [message["message"] for message in messages(wire, 5)] == [f"{index}" for index in range(5)]
        assert wire.close_code() == 1000
    interop.wait_for_event(key, "onClose")
    assert names(interop, key) == ["onConnect", "onWelcome", *["onMessage"] * 5, "onClose"]


# -- rooms that go ----------------------------------------------------------------------------------


def test_a_removed_room_is_told_to_its_members_on_both_loops(interop, open_client):
    room = interop.create_room()
    clients = [open_client(interop, "/announced") for _ in range(12)]
    for client in clients:
        client.join(room)
    assert interop.request("DELETE", f"/rooms/{room}").json["success"] is True
    for client in clients:
        assert client.next("room_left")["room_id"] == room
        assert client.ask({"type": "room_message", "room_id": room, "message": "x"})["error_type"] == "room_not_found"
        assert client.took("member_left") == [], "the room is gone: nobody is told who left it"


def test_a_room_removed_while_a_join_is_decided(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/async", delay="300")
    client.send({"type": "join_room", "room_id": room, "id": "j"})
    time.sleep(0.1)
    assert interop.request("DELETE", f"/rooms/{room}").json["success"] is True
    assert client.answer("j").get("error_type") == "room_not_found"
    assert interop.get(f"/websocket/clients/{client.connection_id}/rooms").json["count"] == 0


@pytest.mark.timeout(60)
def test_rooms_removed_in_a_race_with_joins_keep_nobody(interop):
    """Whatever comes first: at the end nobody is in a room that is gone, and every id was answered once."""

    async def one(socket, room: str):
        await socket.send(json.dumps({"type": "join_room", "room_id": room, "id": room}))
        await socket.send(json.dumps({"type": "room_message", "room_id": room, "message": "x", "id": "m" + room[-20:]}))
        await socket.send(json.dumps({"type": "ping", "id": "fence"}))
        answers = []
        async with asyncio.timeout(10):
            while not answers or answers[-1] != "fence":
                message = json.loads(await socket.recv())
                if "id" in message:
                    answers.append(message["id"])
        assert answers == [room, "m" + room[-20:], "fence"]

    async def race():
        urls = [interop.ws(path) for path in ("/quiet", "/async", "/announced", "/sync") for _ in range(3)]
        sockets = [await connect(url, proxy=None, compression=None, ping_interval=None) for url in urls]
        ids = [json.loads(await socket.recv())["connection_id"] for socket in sockets]
        for _ in range(25):
            room = await asyncio.to_thread(interop.create_room)
            removal = asyncio.to_thread(interop.request, "DELETE", f"/rooms/{room}")
            await asyncio.gather(*(one(socket, room) for socket in sockets), removal)
        for id in ids:
            client = interop.get(f"/websocket/clients/{id}").json["client"]
            assert "roomId" not in client, "it is in no room that is left"
            assert interop.get(f"/websocket/clients/{id}/rooms").json["count"] == 0
        await asyncio.gather(*(socket.close() for socket in sockets))

    asyncio.run(race())


@pytest.mark.timeout(60)
def test_leaves_of_rooms_above_100_members_are_not_announced(interop):
    room = interop.create_room()

    async def fill():
        sockets = []
        for index in range(103):
            socket = await connect(interop.ws("/announced"), proxy=None, compression=None, ping_interval=None, max_queue=None)
            await socket.send(json.dumps({"type": "join_room", "room_id": room, "id": "j"}))
            sockets.append(socket)
            async with asyncio.timeout(10):
                while json.loads(await socket.recv()).get("id") != "j":
                    pass
        # 103: two leave and one vanishes unheard, the fourth is one of a hundred.
        for socket in sockets[99:101]:
            await socket.send(json.dumps({"type": "leave_room", "room_id": room, "id": "l"}))
            async with asyncio.timeout(10):
                while json.loads(await socket.recv()).get("id") != "l":
                    pass
        await sockets[101].close()
        await asyncio.to_thread(
            eventually, lambda: interop.room(room)["connectionsCount"] == 100, what="a hundred members")
        await sockets[102].close()
        await asyncio.to_thread(
            eventually, lambda: interop.room(room)["connectionsCount"] == 99, what="one less")
        await sockets[0].send(json.dumps({"type": "room_message", "room_id": room, "message": "fence"}))
        announced = 0
        async with asyncio.timeout(10):
            while (message := json.loads(await sockets[0].recv()))["type"] != "room_message":
                announced += message["type"] == "member_left"
        await asyncio.gather(*(socket.close() for socket in sockets))
        return announced

    assert asyncio.run(fill()) == 1


# -- the end of the server --------------------------------------------------------------------------


def test_sigterm_waits_for_callbacks_that_run(start):
    server = start("InteropServer")
    with RawSocket(server.port, "/async?delay=600") as wire:
        wire.send(text("slow"))
        time.sleep(0.1)
        server.terminate()
        # The close goes out at once; the callback's ack would come after it and is not sent.
        assert wire.close_code() == 1001
        wire.send(frame(CLOSE, struct.pack("!H", 1001)))
        assert wire.is_closed()
    assert server.wait(8) == 0


def test_sigterm_while_onConnect_decides(start):
    server = start("InteropServer")
    with Wire(server.port) as wire:
        wire.send(opening(server.port, "/async?delay=600"))
        time.sleep(0.1)
        begun = time.monotonic()
        server.terminate()
        wire.response().assert_failure(503)
        assert wire.is_closed()
    assert server.wait(8) == 0
    assert time.monotonic() - begun < 5, "nobody waited for its end"


def test_sigterm_in_a_storm(start):
    """Joins, messages and ends on all sides while the server goes: it ends with 0 all the same."""
    server = start("InteropServer")
    room = server.create_room()
    stop = threading.Event()

    def storm(path: str):
        while not stop.is_set():
            try:
                with Client(server.ws(path)) as client:
                    client.send({"type": "join_room", "room_id": room})
                    for index in range(5):
                        client.send({"type": "room_message", "room_id": room, "message": index})
            except Exception:  # Whatever a client meets at the end of its server.
                time.sleep(0.01)

    threads = [threading.Thread(target=storm, args=(path,)) for path in ("/sync", "/async", "/announced") * 2]
    for thread in threads:
        thread.start()
    time.sleep(1)
    server.process.send_signal(signal.SIGTERM)
    try:
        assert server.wait(15) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_an_http_request_in_flight_is_answered_at_the_end(start):
    server = start("InteropServer")
    with Wire(server.port) as wire:
        wire.send(head("GET", "/health", {"Host": "a"}) * 50)
        server.terminate()
        answered = 0
        try:
            while True:
                assert wire.response().status == 200
                answered += 1
        except ConnectionError:
            pass
        assert wire.pending == b"", "no half answers"
    assert server.wait(8) == 0
