"""Streams of client frames, as our session and wsproto read them (RFC 6455 §5).

Ours may refuse more, for the classes below only; it never goes on where wsproto refuses, and what both deliver is the
same, message by message and byte by byte.
"""

import contextlib
import struct

from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed

CLASSES = {
    "limit": "ours refuses with 1009 a frame above its limit; wsproto has none",
    "earlier": "ours refuses at the first wrong byte, wsproto when more have come (of text: after control frames)",
    "close 1014": "1014 (bad gateway) was registered with IANA after wsproto's list; RFC 6455 §7.4.2 lets it through",
}

# `WebSocketLimits.messageBytesMax` by default.
OUR_LIMIT = 1 << 20
# What a stream may go on with: enough of anything to complete a header and 64 KiB of payload, and three fragments.
CONTINUATIONS = [
    bytes(70_000),
    b"\xff" * 70_000,
    b"\x00\x00\x00\x00\x00\x01\x00\x00" + b"a" * 70_000,
    b"\x00\x81\x00\x00\x00\x00\x80" * 3 + b"\x80\x80\x00\x00\x00\x00",
]

# -- generating ----------------------------------------------------------------------------------

TEXTS = [
    b"", b"a", b"hello", "Grüße, 你好 🎉".encode(), "é".encode() * 70, b"x" * 124, b"x" * 125, b"x" * 126,
    "🎉".encode() * 40, b"plain text " * 30,
]
BAD_TEXTS = [
    b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\x80", b"abc\xc3\x28", b"\xe2\x82", b"\xf0\x9f\x8e",
    b"\xf8\x88\x80\x80\x80", b"ok \xc1\xbf", b"x" * 40 + b"\xed\xbf\xbf" + b"y" * 40,
]
CODES = [0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 2999, 3000,
         3999, 4000, 4999, 5000, 65535]
LENGTHS = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, (1 << 20) + 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32,
           (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 1]


def frame(random, opcode, payload, fin=True, rsv=0, mask=True, form=None, declared=None):
    length = len(payload) if declared is None else declared
    if form is None:
        form = 7 if length < 126 else 16 if length < 65536 else 64
    head = bytes([(128 if fin else 0) | rsv << 4 | opcode])
    bit = 128 if mask else 0
    if form == 7:
        head += bytes([bit | length & 127])
    elif form == 16:
        head += bytes([bit | 126]) + struct.pack(">H", length & 0xFFFF)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    if not mask:
        return head + payload
    key = random.choice([bytes(4), random.randbytes(4)])
    return head + key + bytes(byte ^ key[index & 3] for index, byte in enumerate(payload))


def text(random):
    return random.choice(BAD_TEXTS) if random.random() < 0.08 else random.choice(TEXTS)


def control(random):
    if random.random() < 0.9:
        payload = random.randbytes(random.choice([0, 1, 5, 124, 125]))
        return frame(random, random.choice([9, 10]), payload)
    return frame(random, random.choice([8, 9, 10]), bytes(random.choice([0, 126])), fin=random.random() < 0.5)


def close(random):
    kind = random.random()
    if kind < 0.1:
        return frame(random, 8, b"")
    if kind < 0.15:
        return frame(random, 8, b"\x03")
    code = random.choice(CODES) if kind < 0.8 else random.randrange(65536)
    reason = text(random)[:123] if random.random() < 0.5 else b""
    return frame(random, 8, struct.pack(">H", code) + reason)


def message(random):
    is_text = random.random() < 0.6
    payload = text(random) if is_text else random.randbytes(random.choice([0, 1, 125, 126, 127, 300]))
    opcode = 1 if is_text else 2
    if random.random() < 0.5:
        return [frame(random, opcode, payload)]
    frames, start = [], 0
    while True:
        end = min(len(payload), start + random.choice([0, 1, 1, 2, 3, 50, 200]))
        is_last = end == len(payload) and random.random() < 0.7
        frames.append(frame(random, opcode if not frames else 0, payload[start:end], fin=is_last))
        if is_last or len(frames) > 60:
            return frames
        if random.random() < 0.2:
            frames.append(control(random))
        start = end


def odd(random):
    """A frame with one thing wrong, or rare."""
    payload = text(random)
    kind = random.randrange(7)
    if kind == 0:
        return frame(random, random.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload, fin=random.random() < 0.5)
    if kind == 1:
        return frame(random, random.choice([0, 1, 2, 8, 9, 10]), payload[:100], rsv=random.randrange(1, 8))
    if kind == 2:
        return frame(random, random.choice([0, 1, 2, 8, 9, 10]), payload[:100], mask=False)
    if kind == 3:
        return frame(random, random.choice([1, 2, 9]), payload, form=random.choice([16, 64]))
    if kind == 4:
        declared = random.choice(LENGTHS)
        return frame(random, random.choice([0, 1, 2, 9]), payload, form=random.choice([16, 64]), declared=declared)
    if kind == 5:
        return frame(random, 0, payload, fin=random.random() < 0.5)
    return frame(random, random.choice([1, 2]), payload, fin=False)


def stream(random):
    frames = []
    for _ in range(random.choice([1, 1, 2, 3, 4, 6])):
        kind = random.random()
        if kind < 0.62:
            frames += message(random)
        elif kind < 0.77:
            frames.append(control(random))
        elif kind < 0.87:
            frames.append(odd(random))
        else:
            frames.append(close(random))
    data = bytearray(b"".join(frames))
    if random.random() < 0.25 and data:
        for _ in range(random.choice([1, 1, 1, 2, 5])):
            mutate(random, data)
    return bytes(data)


def mutate(random, data):
    place = random.randrange(len(data)) if data else 0
    kind = random.randrange(4)
    if kind == 0 and data:
        data[place] ^= 1 << random.randrange(8)
    elif kind == 1 and data:
        data[place] = random.randrange(256)
    elif kind == 2:
        del data[place : place + random.choice([1, 1, 2, 7])]
    else:
        data[place:place] = random.randbytes(random.choice([1, 1, 2, 7]))


def generated(random):
    split = random.choice([0, 0, 1, 3, 7, 40])
    return bytes([split]) + stream(random)


# -- reading -------------------------------------------------------------------------------------


class Listening(FrameProtocol):
    """wsproto's own, with the payload of the close frame kept."""

    close_payload = b""

    def _process_close(self, frame):
        self.close_payload = bytes(frame.payload)
        return super()._process_close(frame)


def by_wsproto(data):
    """The events, the code it refuses with or None, and the payload of the close frame if one came."""
    protocol = Listening(client=False, extensions=[])
    protocol.receive_bytes(data)
    events, parts, code = [], [], None
    try:
        for found in protocol.received_frames():
            if found.opcode is Opcode.CLOSE:
                events.append(("C", protocol.close_payload))
                break
            if found.opcode in (Opcode.PING, Opcode.PONG):
                events.append(("P" if found.opcode is Opcode.PING else "O", bytes(found.payload)))
                continue
            parts.append(found.payload)
            if found.message_finished:
                is_text = found.opcode is Opcode.TEXT
                events.append(("T", "".join(parts).encode()) if is_text else ("B", b"".join(parts)))
                parts = []
    except ParseFailed as failure:
        code = int(failure.code)
    return events, code, protocol.close_payload


def by_ours(report):
    events, place = [], 0
    while place < len(report):
        (count,) = struct.unpack_from("<I", report, place + 1)
        payload = report[place + 5 : place + 5 + count]
        events.append((chr(report[place]), payload))
        place += 5 + count
    if events and events[-1][0] == "F":
        return events[:-1], struct.unpack(">H", events[-1][1])[0]
    return events, None


def compare(one, report):
    data = one[1:]
    theirs, their_code, close_payload = by_wsproto(data)
    ours, our_code = by_ours(report)
    if ours == theirs and our_code == their_code:
        return None
    common = min(len(ours), len(theirs))
    if ours[:common] != theirs[:common]:
        return "DIFFERENT EVENTS"
    if their_code == 1002 and close_payload[:2] == b"\x03\xf6":
        return "close 1014" if is_right_1014(ours[common:], our_code, close_payload) else "WRONG 1014"
    if len(ours) > len(theirs):
        return "MORE EVENTS"
    if our_code == 1009:
        return "limit" if is_above_limit(data) else "NOT ABOVE THE LIMIT"
    if our_code is None:
        return "GOES ON"
    if our_code in (their_code, 1007) or their_code is None:
        return "earlier" if refused_later(data, ours, our_code) else "REFUSED"
    return "CODES"


def is_right_1014(more, our_code, payload):
    """Ours must take the close frame for one, or refuse its reason."""
    try:
        payload[2:].decode("utf-8")
    except UnicodeDecodeError:
        return more == [] and our_code == 1007
    return more == [("C", payload)] and our_code is None


def is_above_limit(data):
    """Whether the frame that wsproto is in declares more than our limit; no such frame is ever whole here."""
    protocol = FrameProtocol(client=False, extensions=[])
    # The masking key may be missing still.
    protocol.receive_bytes(data + bytes(4))
    with contextlib.suppress(ParseFailed):
        list(protocol.received_frames())
    header = protocol._frame_decoder.header
    return header is not None and header.payload_len > OUR_LIMIT


def refused_later(data, ours, our_code):
    """Whether wsproto refuses the stream whatever it goes on with, and finds no more than control frames before that.

    It may find them only where ours refuses text: Python's decoder waits for the third byte of a surrogate. When one
    of them is a close, nothing follows it.
    """
    for more in [b"", *CONTINUATIONS] if by_wsproto(data)[1] else CONTINUATIONS:
        found, code, _ = by_wsproto(data + more)
        extra = found[len(ours) :]
        is_closed = bool(extra) and extra[-1][0] == "C"
        if (code is None and not is_closed) or found[: len(ours)] != ours:
            return False
        if any(kind not in "POC" for kind, _ in extra):
            return False
        if extra and our_code != 1007:
            return False
    return True
