"""Start, liveness and end of a server."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from client import Client
from frames import PING, PONG, RawSocket, frame
from http11 import Wire, head, request
import seccomp
from servers import Server, binary, eventually, free_port


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
        assert server.wait(30) == 0, "cut by its close timeout, so in time"


@pytest.mark.timeout(40)
def test_who_is_left_at_the_deadline_is_cut_and_the_exit_code_is_3(start):
    server: Server = start("Chat", "--drain-deadline", "2")
    with RawSocket(server.port, "/chat") as raw:
        server.terminate()
        assert raw.close_code(answer=False) == 1001
        assert server.wait(10) == 3


@pytest.mark.timeout(40)
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("second, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_the_waiting_with_its_own_exit_code(first, second, code):
    server = Server("Chat")
    try:
        with RawSocket(server.port, "/chat") as raw:
            server.process.send_signal(first)
            assert raw.close_code(answer=False) == 1001
            server.process.send_signal(second)
            assert server.wait(4) == code
    finally:
        server.stop()


@pytest.mark.timeout(40)
def test_readiness_goes_first_and_clients_are_served_until_the_delay_is_over(start):
    server: Server = start("Chat", "--pre-stop-delay", "1.5")
    with Client(server.ws("/chat")) as client:
        assert server.get("/readyz").status == 200
        server.terminate()
        eventually(lambda: server.get("/readyz").status == 503)
        assert server.get("/livez").status == 200
        client.fence()
        with Client(server.ws("/chat")) as late:
            late.fence()
            assert late.closed(10)[0] == 1001
        assert client.closed(10)[0] == 1001
    assert server.wait() == 0


def test_sighup_ends_nothing_and_reads_the_log_level_again(start, tmp_path):
    level = tmp_path / "level"
    server: Server = start("Chat", "--log-level-file", str(level))
    with Client(server.ws("/chat")) as client:
        client.fence()
        assert "onMessage" not in server.tail()
        level.write_text("debug\n")
        server.process.send_signal(signal.SIGHUP)

        def is_debugging():
            client.fence()
            return "onMessage" in server.tail() or "onPing" in server.tail()

        eventually(is_debugging, what="the new log level")
        server.assert_alive()


def test_the_admin_listener_has_health_and_metrics_to_itself(start):
    admin = free_port()
    server: Server = start("Chat", "--admin", f"127.0.0.1:{admin}")
    for path in ["/livez", "/readyz", "/metrics"]:
        # The server's own port is open before anything is served; its answer says that the admin listener is there too.
        assert server.get(path).status == 404, path
        assert request(admin, "GET", path, {"Host": "a", "Connection": "close"}).status == 200, path
    lines = server.tail().splitlines()
    for text in [" limits", " memory limits are off"]:
        assert sum(line.endswith(text) for line in lines) == 1, "the app's, and not the admin listener's too"
    # At 256 connections the last is served, and one more is turned away.
    links = [socket.create_connection(("127.0.0.1", admin), timeout=10) for _ in range(256)]
    links[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    assert links[-1].recv(4_096).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", admin), timeout=10) as refused:
        assert refused.recv(4_096).startswith(b"HTTP/1.1 503 ")
    for link in links:
        link.close()
    server.terminate()
    assert server.wait() == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", admin), timeout=1)


def test_deterministic_hashing_is_warned_of(monkeypatch, start):
    server: Server = start("Chat")
    eventually(lambda: " limits" in server.tail(), what="the line with the limits")
    assert "SWIFT_DETERMINISTIC_HASHING" not in server.tail()
    monkeypatch.setenv("SWIFT_DETERMINISTIC_HASHING", "1")
    warned: Server = start("Chat")
    eventually(lambda: "SWIFT_DETERMINISTIC_HASHING" in warned.tail(), what="the warning")


def test_only_a_trusted_proxy_is_believed(start):
    fields = {"Origin": "http://elsewhere.example", "X-Forwarded-For": "203.0.113.77, 198.51.100.9"}
    upgrade = {
        "Host": "a", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **fields,
    }
    for flags, network in [((), "127.0.0.0/24"), (("--trust-proxy", "127.0.0.1"), "198.51.100.0/24")]:
        server: Server = start("Chat", *flags)
        assert request(server.port, "GET", "/chat", upgrade).status == 403
        eventually(lambda: f"peer={network}" in server.tail(), what=f"a line with {network}")


def test_a_request_for_another_host_is_refused_when_hosts_are_listed(start):
    server: Server = start("Chat", "--allow-host", "localhost")
    assert request(server.port, "GET", "/readyz", {"Host": "evil.example"}).status == 421
    assert request(server.port, "GET", "/readyz", {"Host": f"localhost:{server.port}"}).status == 200


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
        ["--backend", "none"], ["--allow-origin", "no origin"], ["--trust-proxy", "10.0.0.1/8"], ["--allow-host", "a/b"],
        ["--admin", "nowhere"], ["--drain-deadline", "4000"],
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


@pytest.mark.parametrize("backend", ["epoll", "io_uring", "poll"])
def test_every_backend_serves(start, backend):
    server: Server = start("Chat", "--backend", backend)
    room = server.create_room()
    with Client(server.ws("/chat", "a")) as one, Client(server.ws("/chat", "b")) as two:
        one.join(room)
        two.join(room)
        one.send({"type": "room_message", "room_id": room, "message": "x"})
        assert two.next("room_message")["from_client_id"] == "a"


def test_c9_where_io_uring_is_forbidden_epoll_takes_its_place(start):
    denied = seccomp.forbid(*seccomp.IO_URING)
    server: Server = start("Chat", "--backend", "io_uring", before=denied)
    room = server.create_room()
    with Client(server.ws("/chat", "a")) as one, Client(server.ws("/chat", "b")) as two:
        one.join(room)
        two.join(room)
        one.send({"type": "room_message", "room_id": room, "message": "x"})
        assert two.next("room_message")["from_client_id"] == "a"
    lines = [line for line in server.tail().splitlines() if "io_uring" in line]
    assert len(lines) == 1, "one line for all loops"
    assert "epoll takes its place" in lines[0]


@pytest.mark.skipif("RNODE_IOURING" not in os.environ, reason="built without the trait IOURing: liburing-dev is not installed")
def test_c9_where_io_uring_is_allowed_it_is_used(start):
    server: Server = start("Chat", "--backend", "io_uring")
    server.create_room()
    if "io_uring can't be had" in server.tail():
        pytest.skip("this machine's kernel forbids io_uring")
    rings = 0
    for name in os.listdir(folder := f"/proc/{server.process.pid}/fd"):
        try:
            rings += os.readlink(f"{folder}/{name}") == "anon_inode:[io_uring]"
        except FileNotFoundError:
            pass  # a connection that has just ended
    assert rings == 2, "one for each loop"


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
    output = server.tail()
    assert canary not in output
    assert connection_id in output, "at debug every enabled event is logged with its connection"
    line = next(line for line in output.splitlines() if "onMessage" in line and connection_id in line)
    assert "route=" in line and re.search(r"bytes=\d+", line), "with its route, and how many bytes it came with"


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
