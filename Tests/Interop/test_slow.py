"""Clients that read too slowly, and clients that send too fast, over real sockets."""

import time

from frames import CLOSE, PING, TEXT, RawSocket, frame

# More than any kernel keeps for a peer that does not read: 40 MiB.
MESSAGES = 40_000


def flood(server, path: str) -> RawSocket:
    """Has the server send so many numbered messages of a kibibyte, and reads none of them yet."""
    socket = RawSocket(server.port, path, welcome=False)
    socket.send(frame(TEXT, str(MESSAGES).encode()))
    # It is done when it answers somebody else on the same loop; with two loops that needs no more than a moment.
    time.sleep(1)
    return socket


def numbers(socket: RawSocket, last: int = 1) -> tuple[list[int], int | None]:
    """The numbers of the messages until the `last` newest have come, or to a close frame, and its code."""
    found = []
    awaited = set(range(MESSAGES - last, MESSAGES))
    while True:
        opcode, payload = socket.frame()
        if opcode == CLOSE:
            return found, int.from_bytes(payload[:2], "big")
        found.append(int(payload.split(b" ", 1)[0]))
        awaited.discard(found[-1])
        if not awaited:
            return found, None


def test_the_oldest_are_dropped(interop):
    found, code = numbers(flood(interop, "/oldest"))
    assert code is None
    assert found == sorted(set(found)), "in their order, each once"
    assert found[0] == 0 and len(found) < MESSAGES
    # At least half of the 64 KiB are for what waits: what came last is all there.
    assert found[-20:] == list(range(MESSAGES - 20, MESSAGES))


def test_only_the_newest_of_each_key_waits(interop):
    # In the places of those they replaced: the newest of all need not come last.
    found, code = numbers(flood(interop, "/conflated"), last=10)
    assert code is None
    assert set(found[-10:]) == set(range(MESSAGES - 10, MESSAGES))
    assert len(found) < MESSAGES


def test_the_connection_is_closed(interop):
    found, code = numbers(flood(interop, "/closed"))
    assert code == 1013
    assert found == list(range(len(found))), "everything before it, without a gap"


def test_drops_are_counted(interop):
    numbers(flood(interop, "/oldest"))
    page = interop.get("/metrics").text
    line = next(
        line for line in page.splitlines()
        if line.startswith("rnode_server_websocket_messages_dropped_total") and "/oldest" in line
    )
    assert int(line.rsplit(" ", 1)[1]) > 0


def test_messages_over_the_rate_are_blocked(interop, open_client):
    client = open_client(interop, "/limited")
    # Twenty at once, and ten a second after that.
    for index in range(60):
        client.send({"type": "note", "id": f"m{index}"})
    answers = [client.answer(f"m{index}") for index in range(60)]
    types = [answer["type"] for answer in answers]
    assert types[:20] == ["message_ack"] * 20
    blocked = [answer for answer in answers if answer["type"] == "message_blocked"]
    assert len(blocked) >= 30
    for notice in blocked:
        assert notice["code"] == "rate_limited"
        assert notice["event"] == "message"
        assert notice["originalMessage"] and notice["reason"]
    time.sleep(0.3)
    assert client.ask({"type": "note"})["type"] == "message_ack", "a moment later it goes on"


def test_pings_over_the_rate_end_the_connection(interop):
    socket = RawSocket(interop.port, "/raw", welcome=False)
    socket.send(frame(PING, b"x") * 1_000)
    assert socket.close_code() == 1008
