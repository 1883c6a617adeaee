"""A client of the wire protocol, on top of PyPI's `websockets`."""

import itertools
import json
import time
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

ANSWER_WITHIN = 5

_ids = itertools.count(1)


def fresh(prefix: str = "n") -> str:
    """A name that no other test uses: the servers are shared."""
    return f"{prefix}-{time.time_ns():x}-{next(_ids)}"


class Client:
    """Reads JSON answers in any order: what one wait passes over stays for the next."""

    def __init__(self, url: str, welcome: bool = True, headers: dict | None = None, **options):
        self.url = url
        options.setdefault("compression", None)
        options.setdefault("ping_interval", None)
        options.setdefault("close_timeout", 3)
        opening = connect(
            url, proxy=None, open_timeout=8, max_size=None, max_queue=None,
            additional_headers=headers, **options,
        )
        # By hand, since a client lives as long as its test.
        self.socket = opening.__enter__()
        self.backlog: list[dict] = []
        self.seen: list[dict] = []
        if welcome:
            self.welcome = self.receive()
            assert self.welcome["type"] == "welcome", self.welcome
            self.connection_id = self.welcome["connection_id"]
            self.client_id = self.welcome["client_id"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self, code: int = 1000, reason: str = ""):
        self.socket.close(code, reason)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    # -- sending -------------------------------------------------------------------------------

    def send(self, message):
        """Text and bytes as they are, anything else as JSON."""
        is_raw = isinstance(message, (str, bytes))
        self.socket.send(message if is_raw else json.dumps(message, ensure_ascii=False))

    # -- receiving -----------------------------------------------------------------------------

    def receive(self, timeout: float = ANSWER_WITHIN) -> dict:
        message = json.loads(self.socket.recv(timeout))
        self.seen.append(message)
        return message

    def next(self, type: str, timeout: float = ANSWER_WITHIN, **fields) -> dict:
        """The first message of this type that carries these fields."""

        def fits(message):
            return message.get("type") == type and all(
                message.get(name) == value for name, value in fields.items()
            )

        for index, message in enumerate(self.backlog):
            if fits(message):
                return self.backlog.pop(index)
        deadline = time.monotonic() + timeout
        while True:
            try:
                message = self.receive(max(0.001, deadline - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"no {type} {fields}; received {self.seen[-20:]}") from None
            if fits(message):
                return message
            self.backlog.append(message)

    def answer(self, id: str, timeout: float = ANSWER_WITHIN) -> dict:
        """The one answer that bears this id, whatever its type."""
        for index, message in enumerate(self.backlog):
            if message.get("id") == id:
                return self.backlog.pop(index)
        deadline = time.monotonic() + timeout
        while True:
            try:
                message = self.receive(max(0.001, deadline - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"no answer to {id}; received {self.seen[-20:]}") from None
            if message.get("id") == id:
                return message
            self.backlog.append(message)

    def ask(self, message: dict) -> dict:
        """Sends with a fresh id, returns what comes back with it."""
        message = {"id": fresh("q"), **message}
        self.send(message)
        return self.answer(message["id"])

    def fence(self):
        """Everything this connection asked for before has been answered when this returns."""
        text = fresh("fence")
        self.send(text)
        self.next("message_ack", message=text)

    def took(self, type: str) -> list[dict]:
        """Messages of a type received and not yet waited for."""
        found = [message for message in self.backlog if message.get("type") == type]
        self.backlog = [message for message in self.backlog if message.get("type") != type]
        return found

    def closed(self, timeout: float = ANSWER_WITHIN) -> tuple[int, str]:
        """Reads until the server closes; its code and reason."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.socket.recv(max(0.001, deadline - time.monotonic()))
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                return 1006, ""
            return closed.rcvd.code, closed.rcvd.reason
        except TimeoutError:
            raise AssertionError(f"not closed within {timeout} s") from None

    # -- the protocol's verbs ------------------------------------------------------------------

    def join(self, room_id: str) -> dict:
        answer = self.ask({"type": "join_room", "room_id": room_id})
        assert answer["type"] == "room_joined", answer
        assert answer["room_id"] == room_id
        return answer

    def leave(self, room_id: str) -> dict:
        answer = self.ask({"type": "leave_room", "room_id": room_id})
        assert answer["type"] == "room_left", answer
        return answer
