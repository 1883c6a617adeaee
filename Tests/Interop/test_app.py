"""PROTOCOL §4: calls of the app that no endpoint of the room API makes."""

import re

from client import fresh
from servers import eventually


def test_send_direct_message(interop, open_client):
    name = fresh("client")
    clients = [open_client(interop, "/quiet", name) for _ in range(2)]
    assert interop.post("/direct", {"clientId": name, "message": "from the server"}).json["success"] is True
    for client in clients:
        message = client.next("direct_message")
        assert message["message"] == "from the server" and "from_client_id" not in message
    assert interop.post("/direct", {"clientId": fresh("nobody"), "message": "x"}).json["success"] is False


def test_broadcast_reaches_one_path(interop, open_client):
    here = [open_client(interop, "/announced") for _ in range(4)]
    there = open_client(interop, "/quiet")
    text = fresh("broadcast")
    assert interop.post("/broadcast", {"path": "/announced", "message": text}).status == 200
    for client in here:
        assert client.socket.recv(5) == text, "as it is"
    there.send("fence")
    assert there.receive()["message"] == "fence"


def test_disconnect(interop, open_client):
    client = open_client(interop, "/quiet")
    assert interop.post("/disconnect", {"connectionId": client.connection_id}).json["success"] is True
    code, _ = client.closed()
    assert 1000 <= code < 5000 and code != 1006
    eventually(lambda: interop.get(f"/websocket/clients/{client.connection_id}").status == 404, what="the end")
    assert interop.post("/disconnect", {"connectionId": client.connection_id}).json["success"] is False


def test_counters(interop, open_client):
    def counts():
        return interop.get("/counts").json

    eventually(lambda: counts()["connections"] == 0, what="the end of earlier connections")
    before = counts()
    clients = [open_client(interop, "/quiet") for _ in range(3)]
    assert counts()["connections"] == 3
    for client in clients:
        client.send("text")
        client.next("message_ack")
        client.socket.ping().wait(5)
    assert counts()["messages"] == before["messages"] + 3, "data messages, not control frames"
    interop.create_room()
    assert counts()["rooms"] == before["rooms"] + 1
    for client in clients:
        client.close()
    eventually(lambda: counts()["connections"] == 0, what="the end of the connections")


FAMILIES = [
    "connections_total", "disconnections_total", "connections_active", "rooms_total", "room_connections",
    "messages_sent_total", "messages_received_total", "connection_duration_seconds", "message_size_bytes",
    "errors_total", "events_filtered_total",
]


def test_metrics_for_prometheus(chat, open_client):
    client = open_client(chat, "/chat", fresh("secret-name"))
    room = chat.create_room(fresh("secret-room"))
    client.join(room)
    client.ask({"type": "room_message", "room_id": room, "message": "secret-text"})
    client.ask({"type": "leave_room", "room_id": "nowhere"})
    answer = chat.get("/metrics")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    for family in FAMILIES:
        assert f"# TYPE rnode_server_websocket_{family} " in answer.text, family
    for line in answer.text.splitlines():
        assert line.startswith("# ") or re.fullmatch(
            r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+=\"[^\"\\]*\",?)*\})? [-+0-9.eEInfNa]+", line
        ), line
    assert "secret" not in answer.text, "labels never come from what a client sends"
    assert client.connection_id not in answer.text and room not in answer.text


def test_metrics_move(chat, open_client):
    def value(family: str) -> float:
        text = chat.get("/metrics").text
        found = re.findall(rf"^rnode_server_websocket_{family}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE)
        return sum(float(number) for number in found)

    received, opened = value("messages_received_total"), value("connections_total")
    client = open_client(chat, "/chat")
    for _ in range(5):
        client.fence()
    assert value("messages_received_total") >= received + 5
    assert value("connections_total") == opened + 1
    assert value("connections_active") >= 1


def test_metrics_as_json(chat, open_client):
    open_client(chat, "/chat")
    answer = chat.get("/metrics", Accept="application/json")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
    shown = answer.json["websocket"]
    assert shown["connections"] >= 1
    assert isinstance(shown["rooms"], int) and isinstance(shown["messages"], int)
