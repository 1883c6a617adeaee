"""Rooms: several per client, exact capacity under a race, members on two loops, policies, announcements."""

import asyncio
import json
from collections import Counter

import pytest
from websockets.asyncio.client import connect

from client import fresh
from servers import eventually


def connecting(url: str):
    return connect(url, proxy=None, compression=None, ping_interval=None, max_queue=None, close_timeout=3)


async def read_until(socket, type: str, timeout: float = 10) -> dict:
    async with asyncio.timeout(timeout):
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == type:
                return message


async def opened(url: str, count: int) -> list:
    """Many connections, a few at a time: it is the joins that shall race, not the handshakes."""
    gate = asyncio.Semaphore(20)

    async def one():
        async with gate:
            socket = await connecting(url)
            await read_until(socket, "welcome")
            return socket

    return await asyncio.gather(*(one() for _ in range(count)))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("program, path", [("Chat", "/chat"), ("InteropServer", "/quiet"), ("InteropServer", "/async")])
def test_200_racing_joins_fill_a_room_of_50_exactly(fleet, program, path):
    server = fleet.get(program)
    room = server.create_room(seats=50)

    async def race() -> list[dict]:
        sockets = await opened(server.ws(path), 200)
        join = json.dumps({"type": "join_room", "room_id": room, "id": "join"})
        await asyncio.gather(*(socket.send(join) for socket in sockets))

        async def answer(socket):
            async with asyncio.timeout(20):
                while True:
                    message = json.loads(await socket.recv())
                    if message.get("id") == "join":
                        return message

        answers = await asyncio.gather(*(answer(socket) for socket in sockets))
        inside = server.room(room)
        assert inside["connectionsCount"] == 50 == len(set(inside["connections"]))
        await asyncio.gather(*(socket.close() for socket in sockets))
        return answers

    answers = asyncio.run(race())
    counts = Counter(answer.get("error_type", answer["type"]) for answer in answers)
    assert counts == {"room_joined": 50, "room_full": 150}
    eventually(lambda: server.room(room)["connections"] == [], what="the empty room")


@pytest.mark.timeout(60)
def test_seats_given_back_in_a_race_are_given_out_again(interop):
    room = interop.create_room(seats=5)

    async def churn():
        sockets = await opened(interop.ws("/quiet"), 20)

        async def one(socket):
            joined = 0
            for turn in range(10):
                await socket.send(json.dumps({"type": "join_room", "room_id": room, "id": "j"}))
                async with asyncio.timeout(15):
                    answer = json.loads(await socket.recv())
                if answer["type"] == "room_joined":
                    assert answer["members_count"] <= 5
                    joined += 1
                    await socket.send(json.dumps({"type": "leave_room", "room_id": room}))
                    await read_until(socket, "room_left")
                else:
                    assert answer["error_type"] == "room_full"
            return joined

        joined = sum(await asyncio.gather(*(one(socket) for socket in sockets)))
        await asyncio.gather(*(socket.close() for socket in sockets))
        return joined

    assert asyncio.run(churn()) >= 10
    assert interop.room(room)["connections"] == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("program, path", [("Chat", "/chat"), ("InteropServer", "/quiet")])
def test_members_on_both_loops_hear_everyone_in_order(fleet, program, path):
    """40 connections over two loops: that all sit on one has a chance of 1 in 2^39."""
    server = fleet.get(program)
    room = server.create_room()
    members, each = 40, 5

    async def talk():
        sockets = await opened(server.ws(path), members)
        for socket in sockets:
            await socket.send(json.dumps({"type": "join_room", "room_id": room}))
        await asyncio.gather(*(read_until(socket, "room_joined") for socket in sockets))

        async def say(index):
            for turn in range(each):
                message = {"type": "room_message", "room_id": room, "message": [index, turn]}
                await sockets[index].send(json.dumps(message))

        async def hear(socket):
            heard = [(await read_until(socket, "room_message"))["message"] for _ in range(members * each)]
            for index in range(members):
                assert [turn for who, turn in heard if who == index] == list(range(each))

        await asyncio.gather(*(say(index) for index in range(members)), *(hear(socket) for socket in sockets))
        await asyncio.gather(*(socket.close() for socket in sockets))

    asyncio.run(talk())


def test_a_connection_may_be_in_many_rooms(interop, open_client):
    rooms = [interop.create_room(f"room {index}") for index in range(5)]
    client = open_client(interop, "/quiet", fresh("client"))
    other = open_client(interop, "/quiet")

    def room_id():
        return interop.get(f"/websocket/clients/{client.connection_id}").json["client"].get("roomId")

    assert room_id() is None
    for room in rooms:
        client.join(room)
        assert room_id() == room, "the room it joined last"
    other.join(rooms[1])
    other.send({"type": "room_message", "room_id": rooms[1], "message": "one"})
    assert client.next("room_message")["room_id"] == rooms[1]
    client.leave(rooms[4])
    assert room_id() == rooms[3], "the last one it is still in"
    client.leave(rooms[0])
    assert room_id() == rooms[3]
    # Leaving one room touched no other.
    other.send({"type": "room_message", "room_id": rooms[1], "message": "two"})
    assert client.next("room_message")["message"] == "two"
    listed = interop.get(f"/websocket/clients/{client.connection_id}/rooms").json
    assert {room["id"] for room in listed["rooms"]} == set(rooms[1:4]) and listed["count"] == 3


def test_who_left_hears_nothing_more(interop, open_client):
    room, side = interop.create_room(), interop.create_room()
    client, other = open_client(interop, "/quiet"), open_client(interop, "/quiet")
    for one in (client, other):
        one.join(room)
        one.join(side)
    client.leave(room)
    other.ask({"type": "room_message", "room_id": room, "message": "unheard"})
    other.ask({"type": "room_message", "room_id": side, "message": "heard"})
    assert client.next("room_message")["message"] == "heard"


def test_a_room_outlives_its_last_member(interop, open_client):
    room = interop.create_room("kept", "still here", 3)
    client = open_client(interop, "/quiet")
    client.join(room)
    client.close()
    eventually(lambda: interop.room(room)["connectionsCount"] == 0, what="the empty room")
    assert interop.room(room)["name"] == "kept"
    assert open_client(interop, "/quiet").join(room)["members_count"] == 1


def test_a_reconnected_client_is_a_new_connection(interop, open_client):
    room = interop.create_room(seats=1)
    connections = set()
    for _ in range(5):
        client = open_client(interop, "/quiet", "comes-back")
        assert client.client_id == "comes-back"
        connections.add(client.connection_id)
        eventually(lambda: client.ask({"type": "join_room", "room_id": room})["type"] == "room_joined", what="a seat")
        client.close()
    assert len(connections) == 5
    eventually(lambda: interop.room(room)["connections"] == [], what="the empty room")


def test_two_connections_of_one_client_in_one_room(interop, open_client):
    room = interop.create_room()
    name = fresh("twice")
    first, second = open_client(interop, "/quiet", name), open_client(interop, "/quiet", name)
    assert first.connection_id != second.connection_id
    first.join(room)
    assert second.join(room)["members_count"] == 2
    first.send({"type": "room_message", "room_id": room, "message": "x"})
    for client in (first, second):
        assert client.next("room_message")["from_client_id"] == name
    first.close()
    second.ask({"type": "direct_message", "target_client_id": name, "message": "still here"})
    assert second.next("direct_message")["message"] == "still here"


def test_a_removed_room_is_gone_for_all(interop, open_client):
    room = interop.create_room()
    client = open_client(interop, "/quiet")
    client.join(room)
    assert interop.request("DELETE", f"/rooms/{room}").json["success"] is True
    interop.get(f"/websocket/rooms/{room}").assert_failure(404)
    for message in ({"type": "join_room"}, {"type": "room_message", "message": "x"}):
        answer = client.ask({**message, "room_id": room})
        assert answer["error_type"] == "room_not_found", answer
    assert interop.get(f"/websocket/clients/{client.connection_id}/rooms").json["count"] == 0
    assert interop.request("DELETE", f"/rooms/{room}").json["success"] is False


# -- roomSendPolicy -----------------------------------------------------------------------------


def test_only_members_may_speak(interop, open_client):
    room = interop.create_room()
    member, stranger = open_client(interop, "/quiet"), open_client(interop, "/sync")
    member.join(room)
    answer = stranger.ask({"type": "room_message", "room_id": room, "message": "unheard"})
    assert answer["error_type"] == "not_a_member"
    member.send({"type": "room_message", "room_id": room, "message": "heard"})
    assert member.next("room_message")["message"] == "heard"


def test_anyone_may_speak_where_the_route_says_so(interop, open_client):
    room = interop.create_room()
    member, stranger = open_client(interop, "/quiet"), open_client(interop, "/anyone", fresh("stranger"))
    member.join(room)
    assert stranger.ask({"type": "room_message", "room_id": room, "message": "hello"})["type"] == "message_ack"
    message = member.next("room_message")
    assert (message["message"], message["from_client_id"]) == ("hello", stranger.client_id)
    stranger.fence()
    assert stranger.took("room_message") == [], "it is no member, so it hears nothing"
    nowhere = stranger.ask({"type": "room_message", "room_id": "room_" + "0" * 32, "message": "x"})
    assert nowhere["error_type"] == "room_not_found"


# -- announceMembers ----------------------------------------------------------------------------


def test_joins_and_leaves_are_announced(interop, open_client):
    room = interop.create_room()
    ada, ben, eve = (open_client(interop, "/announced", fresh(name)) for name in ("ada", "ben", "eve"))
    assert ada.join(room)["members"] == [ada.client_id]
    answer = ben.join(room)
    assert sorted(answer["members"]) == sorted([ada.client_id, ben.client_id])
    assert answer["members_count"] == 2
    announced = ada.next("member_joined")
    assert (announced["room_id"], announced["client_id"]) == (room, ben.client_id)
    assert len(eve.join(room)["members"]) == 3
    for one in (ada, ben):
        assert one.next("member_joined")["client_id"] == eve.client_id
    ben.leave(room)
    for one in (ada, eve):
        left = one.next("member_left")
        assert (left["room_id"], left["client_id"]) == (room, ben.client_id)
    eve.close()
    assert ada.next("member_left")["client_id"] == eve.client_id, "also at the close"
    ben.fence()
    assert ben.took("member_left") == [], "who left is told nothing more"
    for one in (ada, ben):
        assert one.took("member_joined") == [], "nobody is told of their own join"


def test_a_cancelled_join_is_not_announced(interop, open_client):
    room = interop.create_room()
    ada = open_client(interop, "/announced")
    ada.join(room)
    blocked = open_client(interop, "/announced", cancel="onJoinRoom")
    blocked.ask({"type": "join_room", "room_id": room})
    after = open_client(interop, "/announced", fresh("after"))
    after.join(room)
    assert ada.next("member_joined")["client_id"] == after.client_id


@pytest.mark.timeout(60)
def test_rooms_above_100_members_are_not_announced(interop):
    room = interop.create_room()

    async def fill():
        sockets = await opened(interop.ws("/announced"), 104)
        join = json.dumps({"type": "join_room", "room_id": room})
        for socket in sockets[:100]:
            await socket.send(join)
            await read_until(socket, "room_joined")
        for socket in sockets[100:]:
            await socket.send(join)
            assert (await read_until(socket, "room_joined"))["members_count"] > 100
        await sockets[0].send(json.dumps({"type": "room_message", "room_id": room, "message": "fence"}))
        announced = 0
        async with asyncio.timeout(10):
            while (message := json.loads(await sockets[0].recv()))["type"] != "room_message":
                announced += message["type"] == "member_joined"
        await asyncio.gather(*(socket.close() for socket in sockets))
        return announced

    assert asyncio.run(fill()) == 99
