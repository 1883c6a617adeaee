"""HTTP/1.1: by curl where it can say it, by hand where it refuses to."""

import json
import subprocess

import pytest

from http11 import Wire, exchange, head

ROOMS = "/websocket/rooms"


def curl(*arguments: str, input: bytes | None = None) -> tuple[int, dict, bytes]:
    """Status, header fields and body of the last answer that curl got."""
    # With --head curl prints the fields by itself.
    fields = [] if "--head" in arguments else ["-D", "-"]
    command = ["curl", "-sS", "--max-time", "10", "--noproxy", "*", *fields, *arguments]
    done = subprocess.run(command, input=input, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    body = done.stdout
    while body.startswith(b"HTTP/1."):
        top, _, body = body.partition(b"\r\n\r\n")
        status = int(top.split(b" ")[1])
        fields = dict(line.split(": ", 1) for line in top.decode().split("\r\n")[1:])
    return status, {name.lower(): value for name, value in fields.items()}, body


# -- curl ---------------------------------------------------------------------------------------


def test_curl_gets(chat):
    status, fields, body = curl(chat.http + ROOMS)
    assert status == 200 and fields["content-type"].startswith("application/json")
    assert int(fields["content-length"]) == len(body)
    assert json.loads(body)["success"] is True
    assert "server" not in fields


def test_curl_posts_json(chat):
    status, _, body = curl(
        "-X", "POST", "-H", "Content-Type: application/json", "-d", '{"name":"from curl"}', chat.http + ROOMS
    )
    assert status == 200
    assert chat.room(json.loads(body)["roomId"])["name"] == "from curl"


def test_curl_posts_chunked(interop):
    body = b"0123456789" * 5000
    status, _, answer = curl(
        "-X", "POST", "-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary", "@-", interop.http + "/body",
        input=body,
    )
    assert status == 200 and json.loads(answer) == {"bytes": len(body), "text": body.decode()}


def test_curl_expects_100_continue(interop):
    body = b"x" * 200_000
    status, _, answer = curl(
        "-X", "POST", "-H", "Expect: 100-continue", "--expect100-timeout", "8", "--data-binary", "@-", interop.http + "/body",
        input=body,
    )
    assert status == 200 and json.loads(answer)["bytes"] == len(body)


def test_curl_asks_for_the_head(chat):
    got, got_fields, body = curl(chat.http + "/")
    status, fields, nothing = curl("--head", chat.http + "/")
    assert got == status == 200 and nothing == b""
    assert fields["content-length"] == got_fields["content-length"] == str(len(body))
    assert fields["content-type"] == got_fields["content-type"]


def test_curl_reuses_one_connection(chat):
    command = ["curl", "-sS", "--max-time", "10", "--noproxy", "*", "-w", "%{num_connects} %{http_code}\n", "-o", "/dev/null"]
    again = [argument for _ in range(4) for argument in ("-o", "/dev/null", chat.http + ROOMS)]
    done = subprocess.run([*command, chat.http + ROOMS, *again], capture_output=True, timeout=20)
    assert done.stdout.decode().split("\n")[:5] == ["1 200"] + ["0 200"] * 4


def test_curl_walks_the_statuses(chat):
    for arguments, expected in (
        (["-X", "DELETE", chat.http + ROOMS], 405),
        (["-X", "FROBNICATE", chat.http + ROOMS], 501),
        (["-H", "Expect: something-else", chat.http + ROOMS], 417),
        (["-X", "POST", "-d", "a=b", chat.http + ROOMS], 415),
        ([chat.http + "/nowhere"], 404),
        ([chat.http + "/chat"], 426),
        ([chat.http + "/" + "x" * 9000], 414),
        (["-H", "X-Long: " + "x" * 9000, chat.http + "/"], 431),
        (["--http1.0", chat.http + ROOMS], 200),
    ):
        status, fields, body = curl(*arguments)
        assert status == expected, arguments
        if status >= 400:
            failure = json.loads(body)
            assert failure["success"] is False and failure["error"]


# -- keep-alive and pipelining ------------------------------------------------------------------


def get(port: int, target: str = ROOMS, **fields: str) -> bytes:
    return head("GET", target, {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in fields.items()}})


def test_a_connection_is_kept(chat):
    with Wire(chat.port) as wire:
        for _ in range(5):
            wire.send(get(chat.port))
            answer = wire.response()
            assert answer.status == 200 and answer.json["success"] is True


def test_pipelined_requests_are_answered_in_order(interop):
    with Wire(interop.port) as wire:
        wire.send(b"".join(get(interop.port, f"/parts/n{index}/rest/{index}?i={index}") for index in range(60)))
        for index in range(60):
            answer = wire.response()
            assert answer.json == {"name": f"n{index}", "rest": f"rest/{index}", "query": {"i": f"{index}"}}


def test_bodies_and_failures_are_pipelined_too(interop):
    body = b"hello"
    post = head("POST", "/body", {"Host": "a", "Content-Length": str(len(body))}) + body
    chunked = head("POST", "/body", {"Host": "a", "Transfer-Encoding": "chunked"}) + b"2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nTrailer: t\r\n\r\n"
    with Wire(interop.port) as wire:
        wire.send(post + get(interop.port, "/nowhere") + chunked + get(interop.port, "/fail") + get(interop.port, "/health"))
        assert wire.response().json == {"bytes": 5, "text": "hello"}
        wire.response().assert_failure(404)
        assert wire.response().json == {"bytes": 5, "text": "abcde"}
        wire.response().assert_failure(500)
        assert wire.response().json == {"success": True}


def test_connection_close_is_honoured(chat):
    with Wire(chat.port) as wire:
        wire.send(get(chat.port, Connection="close"))
        assert wire.response().headers["connection"].lower() == "close"
        assert wire.is_closed()


def test_http_1_0_closes_unless_asked_otherwise(chat):
    with Wire(chat.port) as wire:
        wire.send(b"GET /websocket/rooms HTTP/1.0\r\nHost: a\r\n\r\n")
        assert wire.response().status == 200
        assert wire.is_closed()


def test_a_request_byte_by_byte(chat):
    with Wire(chat.port) as wire:
        for byte in get(chat.port):
            wire.send(bytes([byte]))
        assert wire.response().status == 200


def test_head_in_a_pipeline_has_no_body(chat):
    with Wire(chat.port) as wire:
        wire.send(get(chat.port, "/").replace(b"GET", b"HEAD", 1) + get(chat.port))
        answer = wire.response("HEAD")
        assert answer.status == 200 and int(answer.headers["content-length"]) > 1000
        assert wire.response().json["success"] is True


def test_100_continue_comes_before_the_body_is_sent(interop):
    with Wire(interop.port) as wire:
        wire.send(head("POST", "/body", {"Host": "a", "Content-Length": "5", "Expect": "100-continue"}))
        assert wire.response().status == 100
        wire.send(b"hello")
        assert wire.response().json == {"bytes": 5, "text": "hello"}


def test_a_refused_expectation_is_final(interop):
    """A body that will not be taken is refused before it is sent."""
    with Wire(interop.port) as wire:
        wire.send(head("POST", "/body", {"Host": "a", "Content-Length": str(1 << 30), "Expect": "100-continue"}))
        wire.response().assert_failure(413)


def test_an_early_answer_does_not_confuse_the_next_request(interop):
    """Nobody reads the body of a POST to nowhere: it is drained or the connection ends."""
    with Wire(interop.port) as wire:
        wire.send(head("POST", "/nowhere", {"Host": "a", "Content-Length": "5"}) + b"GET /" + get(interop.port, "/health"))
        wire.response().assert_failure(404)
        try:
            assert wire.response().json == {"success": True}
        except ConnectionError:
            pass


# -- routing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target, parts",
    [
        ("/parts/a/b", {"name": "a", "rest": "b", "query": {}}),
        ("/parts/a/b/c/d?x=1&y=", {"name": "a", "rest": "b/c/d", "query": {"x": "1", "y": ""}}),
        ("/parts/%E6%9E%97/b%20c", {"name": "林", "rest": "b c", "query": {}}),
        ("/parts/a+b/c?q=1%2B2%203", {"name": "a+b", "rest": "c", "query": {"q": "1+2 3"}}),
        ("/parts/%2541/x", {"name": "%41", "rest": "x", "query": {}}),
    ],
)
def test_path_parameters_and_query(interop, target, parts):
    assert interop.get(target).json == parts


@pytest.mark.parametrize("target", ["/parts/a%00b/c", "/parts/a/../../health%00", "/%ff", "/%zz"])
def test_a_path_that_cannot_be_decoded_is_a_4xx(interop, target):
    answer = exchange(interop.port, get(interop.port, target))
    assert answer.status in (400, 404), answer
    answer.assert_failure(answer.status)


def test_a_throwing_handler_is_a_500(interop):
    answer = interop.get("/fail").assert_failure(500)
    assert "fail" not in answer.json["error"].lower() or "request" not in answer.json["error"], "no internals"


# -- malformed ----------------------------------------------------------------------------------

H = b"Host: a\r\n"
MALFORMED = {
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    "HTTP/3.7": (b"GET / HTTP/3.7\r\n" + H + b"\r\n", 505),
    "lower-case http": (b"GET / http/1.1\r\n" + H + b"\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a bare LF": (b"GET / HTTP/1.1\n" + H + b"\r\n", 400),
    "a bare CR": (b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
    "a NUL": (b"GET / HTTP/1.1\r\nHost: a\x00\r\n\r\n", 400),
    "a folded line": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "an empty name": (b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", 400),
    "a bad name": (b"GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\n" + H + H + b"\r\n", 400),
    "a bad Host": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a target without a slash": (b"GET rooms HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two lengths": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "length and chunked": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a signed length": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Length: +2\r\n\r\n{}", 400),
    "a list of lengths": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Length: 2, 2\r\n\r\n{}", 400),
    "a length of 2^64": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551616\r\n\r\n", 400),
    "gzip, chunked": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked twice": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked on HTTP/1.0": (b"POST /websocket/rooms HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a long request line": (b"GET /" + b"x" * 8200 + b" HTTP/1.1\r\n" + H + b"\r\n", 414),
    "a long field": (b"GET / HTTP/1.1\r\n" + H + b"X: " + b"x" * 8193 + b"\r\n\r\n", 431),
    "a long name": (b"GET / HTTP/1.1\r\n" + H + b"x" * 257 + b": y\r\n\r\n", 431),
    "101 fields": (b"GET / HTTP/1.1\r\n" + H + b"X: y\r\n" * 100 + b"\r\n", 431),
    "17 KiB of fields": (b"GET / HTTP/1.1\r\n" + H + b"".join(b"X: " + b"x" * 4000 + b"\r\n" for _ in range(5)) + b"\r\n", 431),
    "an unknown method": (b"BREW / HTTP/1.1\r\n" + H + b"\r\n", 501),
    "CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 405),
    "TRACE": (b"TRACE /websocket/rooms HTTP/1.1\r\n" + H + b"\r\n", 405),
    "an unknown expectation": (b"GET / HTTP/1.1\r\n" + H + b"Expect: 200-ok\r\n\r\n", 417),
    "a body above the limit": (b"POST /websocket/rooms HTTP/1.1\r\n" + H + b"Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n", 413),
}
MALFORMED_CHUNKS = {
    "a hexadecimal prefix": b"0x1\r\na\r\n0\r\n\r\n",
    "an empty size": b"\r\na\r\n0\r\n\r\n",
    "16 digits": b"0000000000000001\r\na\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n",
    "no CRLF after the data": b"1\r\nabc0\r\n\r\n",
    "a bare LF": b"1\na\n0\n\n",
    "a long extension": b"1;" + b"x" * 300 + b"\r\na\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("program", ["Chat", "InteropServer"])
def test_malformed_http_gets_its_4xx_as_json_and_the_end(fleet, program, what):
    data, status = MALFORMED[what]
    port = fleet.get(program).port
    with Wire(port) as wire:
        wire.send(data)
        answer = wire.response()
        answer.assert_failure(status)
        if status in (400, 413, 414, 431, 505):
            assert wire.is_closed() and wire.pending == b""


@pytest.mark.parametrize("what", MALFORMED_CHUNKS)
def test_malformed_chunks_get_a_400_and_the_end(interop, what):
    request = head("POST", "/body", {"Host": "a", "Transfer-Encoding": "chunked"})
    with Wire(interop.port) as wire:
        wire.send(request + MALFORMED_CHUNKS[what])
        wire.response().assert_failure(400)
        assert wire.is_closed() and wire.pending == b""


def test_one_leading_empty_line_is_forgiven(chat):
    assert exchange(chat.port, b"\r\n" + get(chat.port)).status == 200
    exchange(chat.port, b"\r\n\r\n" + get(chat.port)).assert_failure(400)


def test_an_absolute_target_replaces_the_host(chat):
    request = f"GET http://127.0.0.1:{chat.port}{ROOMS} HTTP/1.1\r\nHost: other\r\n\r\n".encode()
    assert exchange(chat.port, request).status == 200


def test_a_head_that_never_ends_is_a_408(start):
    server = start("Chat", "--header-timeout", "0.4")
    with Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        wire.response().assert_failure(408)
        assert wire.is_closed()


def test_a_body_that_never_comes_is_a_408(start):
    server = start("InteropServer", "--body-timeout", "0.4")
    with Wire(server.port) as wire:
        wire.send(head("POST", "/body", {"Host": "a", "Content-Length": "5"}) + b"he")
        wire.response().assert_failure(408)
        assert wire.is_closed()
