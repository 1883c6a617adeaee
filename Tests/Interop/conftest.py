"""Servers for the whole run, and the one question asked after every test: are they still the same processes?"""

import contextlib

import pytest

from client import Client, fresh
import seccomp
from servers import Server, eventually


def pytest_addoption(parser):
    parser.addoption("--backend", choices=["epoll", "io_uring", "poll"], default="epoll", help="what the servers' loops wait with")
    parser.addoption("--forbid-io-uring", action="store_true", help="every server is refused io_uring, and must say so (C9)")


def pytest_configure(config):
    Server.backend = config.getoption("--backend")
    if config.getoption("--forbid-io-uring"):
        Server.forbidden = seccomp.IO_URING


class Fleet:
    """The shared servers, started when first asked for."""

    def __init__(self):
        self.running: dict[str, Server] = {}

    def get(self, program: str) -> Server:
        server = self.running.get(program)
        if server is None or not server.is_alive:
            # A test killed it and has failed for that; the others deserve a server.
            server = self.running[program] = Server(program)
            if server.forbidden:
                # It binds first, and asks for a ring then: a connection made at once may be before the line.
                lines = eventually(
                    lambda: [line for line in server.tail().splitlines() if "io_uring" in line], what="a line with io_uring")
                assert len(lines) == 1 and "epoll takes its place" in lines[0], server.tail()
        return server

    def stop(self):
        for server in self.running.values():
            server.stop()


@pytest.fixture(scope="session")
def fleet():
    fleet = Fleet()
    yield fleet
    fleet.stop()


@pytest.fixture(autouse=True)
def same_processes(fleet):
    """No test may cost a server its life: the process that was there before is there after."""
    before = {name: server.pid for name, server in fleet.running.items() if server.is_alive}
    yield
    for name, server in fleet.running.items():
        server.assert_alive()
        assert before.get(name, server.pid) == server.pid


@pytest.fixture
def chat(fleet) -> Server:
    return fleet.get("Chat")


@pytest.fixture
def interop(fleet) -> Server:
    return fleet.get("InteropServer")


@pytest.fixture
def start():
    """Starts a server of this test's own; it is ended with the test, and must have lived until then."""
    started: list[Server] = []

    def start(program: str, *flags: str, **options) -> Server:
        server = Server(program, *flags, **options)
        started.append(server)
        return server

    yield start
    # 0: a clean end; 3: the deadline of the shutdown cut someone off. Anything else is a crash.
    ended = [server for server in started if not server.is_alive and server.process.returncode not in (0, 3)]
    for server in started:
        server.stop()
    assert not ended, [(server.program, server.process.returncode, server.tail()) for server in ended]


@pytest.fixture
def open_client():
    """Opens clients that are closed when the test ends."""
    with contextlib.ExitStack() as stack:

        def open_client(server: Server, path: str, client_id: str | None = None, headers=None,
                        welcome=True, options=None, **query) -> Client:
            url = server.ws(path, client_id, **query)
            return stack.enter_context(Client(url, welcome, headers, **(options or {})))

        yield open_client


@pytest.fixture(params=["sync", "async"])
def flavour(request) -> str:
    """Both kinds of callbacks, behind the routes of their names."""
    return f"/{request.param}"


@pytest.fixture
def recorded(interop, open_client, flavour):
    """Opens a client on the route of this flavour with a journal of its own."""

    def recorded(client_id: str | None = None, **query) -> Client:
        key = fresh("journal")
        client = open_client(interop, flavour, client_id or fresh("client"), journal=key, **query)
        client.journal = key
        return client

    return recorded
