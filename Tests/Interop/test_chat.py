"""The example as it is shipped: its page, its routes, its spam filter."""

import re

import pytest

from client import fresh


def test_the_page_is_self_contained(chat):
    answer = chat.get("/")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    assert "charset=utf-8" in answer.headers["content-type"].lower()
    page = answer.text
    assert page.lower().startswith("<!doctype html>")
    # Namespaces are names, not addresses; nothing else may point to another host.
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"')]*", page, re.IGNORECASE))
    assert {address.split("/")[2] for address in addresses} <= {"www.w3.org"}
    assert not re.search(r"<script[^>]+src=|<link[^>]+stylesheet", page)
    assert "innerHTML" not in page and "insertAdjacentHTML" not in page


@pytest.mark.parametrize("target", ["room", "direct", "ordinary"])
def test_spam_is_blocked(chat, open_client, target):
    client = open_client(chat, "/chat", fresh("client"))
    room = chat.create_room()
    client.join(room)
    message = {
        "room": {"type": "room_message", "room_id": room, "message": "buy spam now"},
        "direct": {"type": "direct_message", "target_client_id": client.client_id, "message": "buy spam now"},
        "ordinary": {"type": "message", "message": "buy spam now"},
    }[target]
    notice = client.ask(message)
    assert notice["type"] == "message_blocked"
    assert notice["reason"] == "Spam message blocked"
    assert notice["code"] == "blocked_by_handler"
    assert "buy spam now" in notice["originalMessage"]
    client.fence()
    assert client.took("room_message") == client.took("direct_message") == []


def test_members_are_announced(chat, open_client):
    room = chat.create_room()
    ada, ben = open_client(chat, "/chat", fresh("ada")), open_client(chat, "/chat", fresh("ben"))
    assert ada.join(room)["members"] == [ada.client_id]
    assert sorted(ben.join(room)["members"]) == sorted([ada.client_id, ben.client_id])
    assert ada.next("member_joined")["client_id"] == ben.client_id
    ben.close()
    assert ada.next("member_left")["client_id"] == ben.client_id


def test_minimal_speaks_the_protocol(chat, open_client):
    client = open_client(chat, "/minimal")
    client.fence()
    assert client.ask({"type": "ping"})["type"] == "pong"


def test_echo_is_raw(chat, open_client):
    client = open_client(chat, "/echo", welcome=False)
    client.socket.send('{"type":"ping"}')
    assert client.socket.recv(5) == '{"type":"ping"}'


def test_a_room_has_members_of_several_routes(chat, open_client):
    room = chat.create_room()
    chatting, minimal = open_client(chat, "/chat", fresh("chatting")), open_client(chat, "/minimal")
    chatting.join(room)
    minimal.join(room)
    chatting.send({"type": "room_message", "room_id": room, "message": "to both"})
    for client in (chatting, minimal):
        assert client.next("room_message")["message"] == "to both"
