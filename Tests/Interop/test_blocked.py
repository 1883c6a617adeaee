"""PROTOCOL §2: a blocked message, with all its fields and codes."""

import json
import time

import pytest

from client import fresh
from test_opening import TIMESTAMP

CODES = [("cancel", "blocked_by_handler"), ("throw", "handler_failed")]
how = pytest.mark.parametrize("how, code", CODES, ids=["cancel", "throw"])


def blocked(notice: dict, event: str, code: str, original: str, how: str, callback: str) -> dict:
    assert notice["type"] == "message_blocked", notice
    assert notice["event"] == event
    assert notice["code"] == code
    assert notice["originalMessage"] == original
    assert notice["truncated"] is False
    assert TIMESTAMP.fullmatch(notice["timestamp"])
    if how == "cancel":
        assert notice["reason"] == f"{callback} cancelled on request"
    else:
        assert notice["reason"] and "failed on request" not in notice["reason"], "no internals"
    return notice


@how
def test_an_ordinary_message(interop, recorded, how, code):
    client = recorded(**{how: "onMessage"})
    client.send("hello")
    notice = blocked(client.next("message_blocked"), "message", code, "hello", how, "onMessage")
    assert "id" not in notice and "room_id" not in notice


@how
def test_an_ordinary_message_with_an_id(interop, recorded, how, code):
    client = recorded(**{how: "onMessage"})
    text = '{"type":"note","id":"c-17","text":"x"}'
    client.send(text)
    notice = client.answer("c-17")
    blocked(notice, "message", code, text, how, "onMessage")
    assert notice["id"] == "c-17"


@how
@pytest.mark.parametrize("callback", ["onMessage", "onRoomMessage"])
def test_a_room_message(interop, recorded, open_client, how, code, callback):
    room = interop.create_room()
    client = recorded(**{how: callback})
    other = open_client(interop, "/quiet")
    other.join(room)
    client.join(room)
    notice = client.ask({"type": "room_message", "room_id": room, "message": "hello"})
    assert notice["type"] == "message_blocked", notice
    assert notice["event"] == "room_message"
    assert notice["code"] == code
    assert notice["room_id"] == room
    assert "hello" in notice["originalMessage"]
    # Nobody heard it; what another says is heard.
    other.ask({"type": "room_message", "room_id": room, "message": "after"})
    assert client.next("room_message")["message"] == "after"
    assert [message["message"] for message in other.took("room_message")] in (["after"], [])


@how
@pytest.mark.parametrize("callback", ["onMessage", "onDirectMessage"])
def test_a_direct_message(interop, recorded, open_client, how, code, callback):
    client = recorded(**{how: callback})
    other = open_client(interop, "/quiet", fresh("other"))
    notice = client.ask({"type": "direct_message", "target_client_id": other.client_id, "message": "hello"})
    assert notice["type"] == "message_blocked", notice
    assert notice["event"] == "direct_message"
    assert notice["code"] == code
    assert "hello" in notice["originalMessage"]
    assert "room_id" not in notice
    other.ask({"type": "direct_message", "target_client_id": other.client_id, "message": "after"})
    assert other.next("direct_message")["message"] == "after"


@how
def test_a_binary_message(interop, recorded, how, code):
    client = recorded(**{how: "onBinaryMessage"})
    client.send(b"\x00\x01\xfe\xff")
    blocked(client.next("message_blocked"), "binary_message", code, "", how, "onBinaryMessage")


@pytest.mark.parametrize("size, is_truncated", [(1023, False), (1024, False), (1025, True), (100_000, True)])
def test_the_original_is_cut_after_1_kib(interop, recorded, size, is_truncated):
    client = recorded(cancel="onMessage")
    client.send("x" * size)
    notice = client.next("message_blocked")
    assert notice["truncated"] is is_truncated
    assert notice["originalMessage"] == "x" * min(size, 1024)


def test_the_cut_leaves_whole_characters(interop, recorded):
    client = recorded(cancel="onMessage")
    client.send("林" * 1000)
    notice = client.next("message_blocked")
    original = notice["originalMessage"]
    assert notice["truncated"] is True
    assert original and set(original) == {"林"}
    assert 1022 <= len(original.encode()) <= 1024


def test_at_most_ten_notices_a_second(interop, recorded):
    client = recorded(cancel="onMessage")
    begun = time.monotonic()
    for index in range(100):
        client.send(f"blocked {index}")
    assert client.ask({"type": "ping"})["type"] == "pong"
    seconds = time.monotonic() - begun
    notices = client.took("message_blocked")
    assert 10 <= len(notices) <= 10 * (int(seconds) + 2)
    assert notices[0]["originalMessage"] == "blocked 0"
    assert len(interop.events(client.journal, "onMessage")) == 100, "each of them was looked at"
    time.sleep(1.1)
    client.send("a new second")
    assert client.next("message_blocked", originalMessage="a new second")


@how
def test_a_block_costs_nobody_else_anything(interop, recorded, open_client, how, code):
    client = recorded(**{how: "onMessage"})
    other = open_client(interop, client.path)
    client.send("blocked")
    client.next("message_blocked", code=code)
    other.send("let through")
    assert other.next("message_ack")["message"] == "let through"
    assert client.ask({"type": "ping"})["type"] == "pong", "the connection stays"


def test_the_notice_is_valid_json_whatever_was_said(interop, recorded):
    client = recorded(cancel="onMessage")
    text = 'quotes " \\ \u0001 \n \u2028 💬'
    client.socket.send(text)
    raw = client.socket.recv(5)
    assert json.loads(raw)["originalMessage"] == text
