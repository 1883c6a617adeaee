"""The connection that a case drives: a strict WebSocket client whose names are those of Autobahn's protocol class,
since the cases call them. How it closes, and what counts as clean, is Autobahn's too:

- whoever sends the first close frame closes; a client that fails the connection closes it, and so does a timer;
- a close is clean when both close frames were seen; the server is then to end the TCP connection.
"""

import asyncio
import base64
import hashlib
import os
import random
import struct
from collections import Counter, deque

from deflate import Accept, Deflate, Response
from errors import Violation
from suite import WebSocketProtocol

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# How long the server may take to answer the opening and a close, and then to end the TCP connection.
OPENING_TIMEOUT, CLOSE_TIMEOUT, DROP_TIMEOUT = 30, 60, 20
# A deadline is nothing that a good server comes near, and on a busy machine it gets so many times the suite's seconds.
DEADLINE_FACTOR = 15


def raw(payload):
    """A string of the suite is a string of bytes; see `suite`."""
    return payload.encode("latin-1") if isinstance(payload, str) else payload


def masked(payload, key):
    count = len(payload)
    mask = (key * (count // 4 + 1))[:count]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return number.to_bytes(count, "little")


class TrafficStats:
    def __json__(self):
        return {}


class Connection(asyncio.Protocol, WebSocketProtocol):
    class factory:
        isServer = False

    def __init__(self, case_id, case_class, target, done):
        self.case_id = case_id
        self.target = target
        self.done = done
        self.random = random.Random(case_id)
        self.state = self.STATE_CONNECTING
        self.loop = asyncio.get_running_loop()
        # What the suite judges by.
        self.connectionWasOpen = self.closedByMe = self.failedByMe = self.droppedByMe = False
        self.wasClean = False
        self.localCloseCode = self.localCloseReason = None
        self.remoteCloseCode = self.remoteCloseReason = None
        self.createWirelog = False
        self.trafficStats = TrafficStats()
        self.txFrameStats = Counter()
        self.autoFragmentSize = 0
        self.perMessageCompressionOffers = []
        self.perMessageCompressionAccept = None
        self._perMessageCompress = None
        # What is going on.
        self.notes = []
        self.timers = []
        self.close_timer = None
        self.outgoing = deque()
        self.incoming = bytearray()
        self.message = None
        self.echoes = deque()
        self.case = case_class(self)
        self.is_binary_case = case_id.startswith(("12.", "13."))

    # -- transport -------------------------------------------------------------------------------

    def connection_made(self, transport):
        self.transport = transport
        self.key = base64.b64encode(bytes(self.random.randbytes(16)))
        lines = [
            b"GET %s HTTP/1.1" % self.target.encode(),
            b"Host: 127.0.0.1:%d" % transport.get_extra_info("peername")[1],
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Key: " + self.key,
            b"Sec-WebSocket-Version: 13",
        ]
        if self.perMessageCompressionOffers:
            offers = ", ".join(offer.text for offer in self.perMessageCompressionOffers)
            lines.append(b"Sec-WebSocket-Extensions: " + offers.encode())
        transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
        self.close_timer = self.loop.call_later(OPENING_TIMEOUT, self._give_up, "no answer to the opening")

    def data_received(self, data):
        self.incoming += data
        try:
            if self.state == self.STATE_CONNECTING:
                self._receive_answer()
            while self.state not in (self.STATE_CONNECTING, self.STATE_CLOSED) and self._receive_frame():
                pass
        except Violation as violation:
            self._note(f"the server broke a rule: {violation}")
            self._fail(violation.code)

    def connection_lost(self, error):
        self.state = self.STATE_CLOSED
        for timer in [*self.timers, self.close_timer]:
            if timer is not None:
                timer.cancel()
        if error is not None:
            self._note(f"TCP ended with {error!r}")
        try:
            self.case.onConnectionLost(self.failedByMe)
            self.done.set_result(None)
        except Exception as fault:
            self.done.set_exception(fault)

    def eof_received(self):
        return False

    def _write(self, data, chopsize=None):
        """Chops go out one at each turn; what comes after them waits for them."""
        if self.state == self.STATE_CLOSED:
            return
        if chopsize is None and not self.outgoing:
            self.transport.write(data)
            return
        size = chopsize or len(data)
        was_empty = not self.outgoing
        self.outgoing.extend(data[start : start + size] for start in range(0, len(data), size))
        if was_empty:
            self._write_next()

    def _write_next(self):
        if not self.outgoing or self.state == self.STATE_CLOSED:
            return
        self.transport.write(self.outgoing.popleft())
        if self.outgoing:
            self.loop.call_soon(self._write_next)

    # -- opening ---------------------------------------------------------------------------------

    def _receive_answer(self):
        end = self.incoming.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.incoming[:end]).decode("latin-1").split("\r\n")
        del self.incoming[: end + 4]
        fields = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        expected = base64.b64encode(hashlib.sha1(self.key + GUID).digest()).decode()
        if not head[0].startswith("HTTP/1.1 101 ") or fields.get("sec-websocket-accept") != expected:
            raise Violation(1002, f"no opening: {head[0]}")
        if "sec-websocket-extensions" in fields:
            response = Response(fields["sec-websocket-extensions"], self.perMessageCompressionOffers)
            accept = self.perMessageCompressionAccept and self.perMessageCompressionAccept(response)
            if not isinstance(accept, Accept):
                raise Violation(1010, "the case declines the extension")
            self._perMessageCompress = Deflate(response)
        self.close_timer.cancel()
        self.close_timer = None
        self.state = self.STATE_OPEN
        self.connectionWasOpen = True
        self.case.onOpen()

    # -- receiving -------------------------------------------------------------------------------

    def _receive_frame(self):
        data = self.incoming
        if len(data) < 2:
            return False
        first, second = data[0], data[1]
        length, start = second & 127, 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(data) < start:
                return False
            length = int.from_bytes(data[2:start], "big")
            if length < (126 if start == 4 else 65536) or length >> 63:
                raise Violation(1002, "a length that is not minimal, or out of range")
        if second & 128:
            raise Violation(1002, "a masked frame")
        self._check_head(first & 15, first & 128, first & 0x70, length)
        if len(data) < start + length:
            return False
        payload = bytes(memoryview(data)[start : start + length])
        del data[: start + length]
        if first & 8:
            self._receive_control(first & 15, payload)
        else:
            self._receive_data(first & 15, bool(first & 128), bool(first & 64), payload)
        return True

    def _check_head(self, opcode, is_final, reserved, length):
        if opcode not in (0, 1, 2, 8, 9, 10):
            raise Violation(1002, f"opcode {opcode}")
        may_compress = self._perMessageCompress is not None and opcode in (1, 2)
        if reserved & ~(0x40 if may_compress else 0):
            raise Violation(1002, "reserved bits")
        if opcode > 7 and (not is_final or length > 125):
            raise Violation(1002, "a control frame in fragments, or too long")
        if opcode < 8 and (opcode == 0) != (self.message is not None):
            raise Violation(1002, "fragments out of order")

    def _receive_data(self, opcode, is_final, is_compressed, payload):
        if opcode:
            self.message = (opcode, is_compressed, [])
        self.message[2].append(payload)
        if not is_final:
            return
        kind, is_compressed, parts = self.message
        self.message = None
        whole = b"".join(parts)
        if is_compressed:
            whole = self._perMessageCompress.decompressed(whole)
        if kind == 1:
            try:
                whole.decode("utf-8")
            except UnicodeDecodeError:
                raise Violation(1007, "text that is not UTF-8") from None
        if self.state != self.STATE_OPEN:
            return
        # Stricter than the suite, which looks at the length only in group 9.
        if not self.echoes or self.echoes.popleft() != hashlib.sha1(whole).digest():
            raise Violation(1002, "a message that is not the next one sent")
        self.case.onMessage(whole if self.is_binary_case else whole.decode("latin-1"), kind == 2)

    def _receive_control(self, opcode, payload):
        if opcode == 8:
            self._receive_close(payload)
        elif self.state == self.STATE_OPEN:
            text = payload.decode("latin-1")
            if opcode == 9:
                self._send(10, payload)
                self.case.onPing(text)
            else:
                self.case.onPong(text)

    def _receive_close(self, payload):
        if len(payload) == 1:
            raise Violation(1002, "a close frame of one byte")
        if payload:
            code = int.from_bytes(payload[:2], "big")
            if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
                raise Violation(1002, f"close code {code}")
            self.remoteCloseCode = code
            try:
                self.remoteCloseReason = payload[2:].decode("utf-8")
            except UnicodeDecodeError:
                raise Violation(1007, "a reason that is not UTF-8") from None
        self.wasClean = True
        if self.state == self.STATE_OPEN:
            self._send_close(payload[:2])
        self._await(DROP_TIMEOUT, "the server did not end the TCP connection")
        self.case.onClose(True, self.remoteCloseCode, self.remoteCloseReason)

    # -- closing ---------------------------------------------------------------------------------

    def _send_close(self, payload):
        self.state = self.STATE_CLOSING
        self._send(8, payload)

    def _fail(self, code):
        """Closes for a fault, or drops a connection that is closing already."""
        self.failedByMe = True
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code)
        else:
            self._give_up("failed while opening or closing")

    def failConnection(self):
        self._note("the case's deadline passed")
        self._fail(self.CLOSE_STATUS_CODE_GOING_AWAY)

    def _await(self, seconds, what):
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(seconds, self._give_up, what)

    def _give_up(self, why):
        self._note(why)
        if self.state != self.STATE_CLOSED:
            if why != "the server did not end the TCP connection":
                self.wasClean = False
            self.droppedByMe = True
            self.state = self.STATE_CLOSED
            self.transport.abort()

    def _note(self, text):
        self.notes.append(text)

    # -- what cases call -------------------------------------------------------------------------

    def sendCloseFrame(self, code=None, reasonUtf8=None, isReply=False):
        self.closedByMe = not isReply
        self.localCloseCode, self.localCloseReason = code, reasonUtf8
        payload = b"" if code is None else struct.pack(">H", code) + raw(reasonUtf8 or b"")
        self._send_close(payload)
        self._await(CLOSE_TIMEOUT, "no answer to the close")

    def sendClose(self, code=None, reason=None):
        if self.state == self.STATE_OPEN:
            self.sendCloseFrame(code, reason)

    def sendFrame(
        self, opcode, payload="", fin=True, rsv=0, mask=None, payload_len=None, chopsize=None, sync=False
    ):
        payload = raw(payload)
        if payload_len is not None and payload_len != len(payload):
            payload = (payload * (payload_len // max(len(payload), 1) + 1))[:payload_len] if payload else b""
        if opcode in (1, 2) and fin:
            self.echoes.append(hashlib.sha1(payload).digest())
        elif opcode in (0, 1, 2):
            self._note_fragment(opcode, payload, fin)
        self._send(opcode, payload, fin, rsv, mask, chopsize)

    def sendMessage(self, payload, isBinary=False, fragmentSize=None, sync=False):
        if self.state != self.STATE_OPEN:
            return
        payload, rsv = raw(payload), 0
        self.echoes.append(hashlib.sha1(payload).digest())
        if self._perMessageCompress is not None:
            payload, rsv = self._perMessageCompress.compressed(payload), 4
        opcode, size = 2 if isBinary else 1, fragmentSize or self.autoFragmentSize or len(payload)
        if len(payload) <= size:
            self._send(opcode, payload, rsv=rsv)
            return
        frames = []
        for start in range(0, len(payload), size):
            is_last = start + size >= len(payload)
            head = (0, 0) if start else (opcode, rsv)
            frames.append(self._frame(head[0], payload[start : start + size], is_last, head[1], None))
        self._write(b"".join(frames))

    def beginMessage(self, isBinary=False):
        self.stream_opcode = 2 if isBinary else 1

    def beginMessageFrame(self, length):
        self.stream_key, self.stream_phase = self.random.randbytes(4), 0
        self._write(self._head(self.stream_opcode, length, False, 0) + self.stream_key)
        self.stream_opcode = 0

    def sendMessageFrameData(self, payload, sync=False):
        payload = raw(payload)
        turned = self.stream_phase % 4
        key = self.stream_key[turned:] + self.stream_key[:turned]
        self.stream_phase += len(payload)
        self._write(masked(payload, key))

    def endMessage(self):
        self._send(0, b"")

    def killAfter(self, delay):
        self._later(delay * DEADLINE_FACTOR, self.failConnection)

    def closeAfter(self, delay, rounds=DEADLINE_FACTOR):
        """Closes after the delay: then, if nothing more is expected; else it was a deadline, and is given more time."""

        def close():
            is_done = any(self.case.received == events for events in self.case.expected.values())
            if is_done or rounds == 1:
                self.sendClose()
            else:
                self.closeAfter(delay, rounds - 1)

        self._later(delay, close)

    def continueLater(self, delay, action, tag=None):
        self._later(delay, action)

    def enableWirelog(self, enable):
        pass

    def _later(self, delay, action):
        def act():
            if self.state != self.STATE_CLOSED:
                action()

        self.timers.append(self.loop.call_later(delay, act))

    # -- frames ----------------------------------------------------------------------------------

    def _note_fragment(self, opcode, payload, fin):
        """The echo of a message that a case sends in fragments of its own."""
        if opcode:
            self.fragments = hashlib.sha1()
        if getattr(self, "fragments", None) is None:
            return
        self.fragments.update(payload)
        if fin:
            self.echoes.append(self.fragments.digest())
            self.fragments = None

    def _send(self, opcode, payload, fin=True, rsv=0, mask=None, chopsize=None):
        self._write(self._frame(opcode, payload, fin, rsv, mask), chopsize)

    def _frame(self, opcode, payload, fin, rsv, mask):
        self.txFrameStats[opcode] += 1
        key = mask or self.random.randbytes(4)
        return self._head(opcode, len(payload), fin, rsv) + key + masked(payload, key)

    @staticmethod
    def _head(opcode, length, fin, rsv):
        first = (128 if fin else 0) | rsv << 4 | opcode
        if length < 126:
            return struct.pack(">BB", first, 128 | length)
        if length < 65536:
            return struct.pack(">BBH", first, 254, length)
        return struct.pack(">BBQ", first, 255, length)
