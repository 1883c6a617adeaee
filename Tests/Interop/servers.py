"""The two server processes under test: start, wait until they listen, end by process id."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlencode

from http11 import Response, request
import seccomp

STARTED_WITHIN = 15
ENDED_WITHIN = 15


def binary(name: str) -> Path:
    folder = os.environ.get("INTEROP_BIN_DIR")
    if folder is None:
        root = Path(__file__).resolve().parents[2]
        folder = root / ".build" / "release"
    path = Path(folder) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: run scripts/interop, or set INTEROP_BIN_DIR")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One running process. Two loops, so that members of a room sit on both."""

    backend = "epoll"
    # Calls of the system that no server may make.
    forbidden: tuple[int, ...] = ()

    def __init__(self, program: str, *flags: str, loops: int = 2, port: int | None = None, before=None):
        # Called in the new process before the program: what it may do is cut down there.
        self.before = before or (seccomp.forbid(*self.forbidden) if self.forbidden else None)
        self.program = program
        self.wanted_port = port
        self.flags = (f"--loops={loops}", f"--backend={self.backend}", *flags)
        # Between the look for a free port and the server's own bind another process may take it.
        for attempt in range(3):
            try:
                self._start()
                return
            except ChildProcessError:
                if attempt == 2:
                    raise

    def _start(self):
        self.port = self.wanted_port or free_port()
        self.output = tempfile.TemporaryFile()
        command = [binary(self.program), "--host", "127.0.0.1", "--port", str(self.port), *self.flags]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, preexec_fn=self.before
        )
        self.pid = self.process.pid
        deadline = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ChildProcessError(
                    f"{self.program} ended at once with {self.process.returncode}:\n{self.tail()}"
                )
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise TimeoutError(f"{self.program} did not listen within {STARTED_WITHIN} s:\n{self.tail()}")

    def tail(self, size: int = 200_000) -> str:
        """The end of what it wrote. The line of its limits alone is some 4,000 bytes."""
        # Not by seek and read: the process writes at the offset that this file has here.
        end = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), size, max(0, end - size)).decode(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def assert_alive(self):
        assert self.is_alive, (
            f"{self.program} (pid {self.pid}) ended with {self.process.returncode}:\n{self.tail()}"
        )

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = ENDED_WITHIN) -> int:
        return self.process.wait(timeout)

    def stop(self) -> int | None:
        """Ends the process, by force if it must; the exit code when it went by itself."""
        if self.is_alive:
            self.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            return None

    # -- addresses -----------------------------------------------------------------------------

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ws(self, path: str, client_id: str | None = None, **query: str) -> str:
        pairs = {**({"clientId": client_id} if client_id is not None else {}), **query}
        # quote, not quote_plus: in this protocol a plus sign is a plus sign.
        encoded = urlencode(pairs, quote_via=quote, safe="")
        return f"ws://127.0.0.1:{self.port}{path}" + (f"?{encoded}" if encoded else "")

    # -- requests ------------------------------------------------------------------------------

    def request(self, method: str, path: str, body=None, headers=None) -> Response:
        """One request on a connection of its own. A body that is not bytes goes out as JSON."""
        fields = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        return request(self.port, method, path, fields, body)

    def get(self, path: str, **headers: str) -> Response:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, body=None, **headers: str) -> Response:
        return self.request("POST", path, body, headers)

    def create_room(self, name: str = "room", description=None, seats=None) -> str:
        room = {"name": name}
        if description is not None:
            room["description"] = description
        if seats is not None:
            room["maxConnections"] = seats
        answer = self.post("/websocket/rooms", room)
        assert answer.status == 200, answer
        return answer.json["roomId"]

    def room(self, room_id: str) -> dict:
        return self.get(f"/websocket/rooms/{room_id}").json["room"]

    def events(self, key: str, name: str | None = None) -> list[dict]:
        """The journal of a key, of one callback if it is named."""
        events = self.get(f"/events/{quote(key, safe='')}").json["events"]
        return [event for event in events if name is None or event["event"] == name]

    def wait_for_event(self, key: str, name: str, timeout: float = 5) -> dict:
        """For events that follow what nobody waits for, such as the end of a connection."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if found := self.events(key, name):
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"{name} did not run; the journal has {self.events(key)}")


def eventually(question, timeout: float = 5, what: str = "it"):
    """The first true answer of `question`, which is asked again and again for a bounded time."""
    deadline = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {timeout} s")
        time.sleep(0.02)
