"""Start, liveness and end of a server."""

import os
import signal
import socket
import subprocess
import time

import pytest

from client import Client
from frames import PING, PONG, RawSocket, frame
from http11 import Wire, head
from servers import Server, binary, free_port


@pytest.mark.parametrize("program, path", [("Chat", "/chat"), ("Chat", "/echo"), ("InteropServer", "/async")])
def test_sigterm_closes_every_client_with_1001_and_exits_with_0(start, program, path):
    server: Server = start(program)
    clients = [Client(server.ws(path), welcome=path != "/echo") for _ in range(12)]
    server.terminate()
    assert [client.closed(10)[0] for client in clients] == [1001] * 12
    assert server.wait() == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_sigint_ends_it_too(start):
    server: Server = start("Chat")
    with Client(server.ws("/chat")) as client:
        server.process.send_signal(signal.SIGINT)
        assert client.closed(10)[0] == 1001
    assert server.wait() == 0


def test_an_idle_http_connection_does_not_hold_up_the_end(start):
    server: Server = start("Chat")
    with Wire(server.port) as wire:
        wire.send(head("GET", "/websocket/rooms", {"Host": "a"}))
        assert wire.response().status == 200
        server.terminate()
        assert wire.is_closed()
    assert server.wait(5) == 0


@pytest.mark.timeout(40)
def test_a_client_that_never_answers_the_close_does_not_hold_up_the_end(start):
    server: Server = start("Chat")
    with RawSocket(server.port, "/chat") as raw:
        server.terminate()
        assert raw.close_code(answer=False) == 1001
        assert server.wait(30) in (0, 3), "clean, or cut by the deadline"


def test_a_port_in_use_fails_at_the_start(start):
    server: Server = start("Chat")
    done = subprocess.run(
        [binary("Chat"), "--host", "127.0.0.1", "--port", str(server.port)], capture_output=True, timeout=15
    )
    assert done.returncode > 0, "an error, not a trap"
    assert done.stderr or done.stdout
    server.assert_alive()


@pytest.mark.parametrize(
    "flags",
    [
        ["--port", "70000"], ["--port", "-1"], ["--port", "x"], ["--loops", "0"], ["--loops", "-3"], ["--max-message", "0"],
        ["--ping-interval", "-1"], ["--header-timeout", "0"], ["--host", "not an address"], ["--log-level", "shouting"],
        ["--backend", "none"], ["--allow-origin", "no origin"],
    ],
    ids=" ".join,
)
def test_a_bad_configuration_fails_at_the_start(flags):
    command = [binary("Chat"), "--host", "127.0.0.1", "--port", str(free_port()), *flags]
    done = subprocess.run(command, capture_output=True, timeout=15)
    assert 0 < done.returncode < 128, (done.returncode, done.stderr)
    assert done.stderr or done.stdout


def test_the_server_pings_and_gives_up_on_who_is_silent(start):
    server: Server = start("Chat", "--ping-interval", "0.3", "--ping-timeout", "0.3")
    with RawSocket(server.port, "/chat") as silent, Client(server.ws("/chat")) as answering:
        begun = time.monotonic()
        opcode, _ = silent.frame()
        assert opcode == PING
        assert silent.is_closed()
        assert 0.2 < time.monotonic() - begun < 4
        answering.fence()
        time.sleep(1)
        answering.fence()


def test_an_answered_ping_keeps_a_connection(start):
    server: Server = start("Chat", "--ping-interval", "0.2", "--ping-timeout", "0.4")
    with RawSocket(server.port, "/echo", welcome=False) as raw:
        for _ in range(4):
            opcode, payload = raw.frame()
            assert opcode == PING
            raw.send(frame(PONG, payload))


def test_any_traffic_keeps_a_connection(start):
    server: Server = start("Chat", "--ping-interval", "0.4", "--ping-timeout", "0.4")
    with RawSocket(server.port, "/echo", welcome=False) as raw:
        # Never a pong, but always something to say.
        for _ in range(15):
            raw.send(frame(2, b"x"))
            time.sleep(0.1)
        raw.send(frame(2, b"last"))
        while raw.frame() != (2, b"last"):
            pass


@pytest.mark.parametrize("backend", ["epoll", "poll"])
def test_every_backend_serves(start, backend):
    server: Server = start("Chat", "--backend", backend)
    room = server.create_room()
    with Client(server.ws("/chat", "a")) as one, Client(server.ws("/chat", "b")) as two:
        one.join(room)
        two.join(room)
        one.send({"type": "room_message", "room_id": room, "message": "x"})
        assert two.next("room_message")["from_client_id"] == "a"


@pytest.mark.parametrize("loops", [1, 3])
def test_any_number_of_loops_serves(start, loops):
    server: Server = start("Chat", loops=loops)
    room = server.create_room()
    clients = [Client(server.ws("/chat")) for _ in range(8)]
    for client in clients:
        client.join(room)
    clients[0].send({"type": "room_message", "room_id": room, "message": "x"})
    for client in clients:
        client.next("room_message")
        client.close()


def test_nothing_a_client_sends_is_logged(start):
    server: Server = start("Chat", "--log-level", "debug")
    canary = "canary5f0e"
    with Client(server.ws("/chat", canary, token=canary), headers={"X-Secret": canary}) as client:
        client.send(canary)
        client.next("message_ack")
        client.ask({"type": "room_message", "room_id": canary, "message": canary})
        client.socket.send(canary.encode())
        client.ask({"type": "ping"})
        server.get(f"/{canary}?token={canary}", Authorization=canary)
        connection_id = client.connection_id
    output = server.tail(200_000)
    assert canary not in output
    assert connection_id in output, "at debug every enabled event is logged with its connection"


def test_connections_that_vanish_are_forgotten(interop):
    before = len(os.listdir(f"/proc/{interop.pid}/fd"))
    for _ in range(40):
        with RawSocket(interop.port, "/quiet"):
            pass
        with Wire(interop.port) as wire:
            wire.send(b"GET / HT")
    deadline = time.monotonic() + 5
    while len(os.listdir(f"/proc/{interop.pid}/fd")) > before + 4:
        assert time.monotonic() < deadline, "descriptors are left over"
        time.sleep(0.05)
