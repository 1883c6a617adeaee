"""The crowd: clients that echo, talk in rooms, come and go, and check all that comes back."""

import asyncio
import json
import random
import socket
import struct

import wire


class Tally:
    """What the crowd saw."""

    def __init__(self):
        self.opened = self.closed = self.echoes = self.deliveries = self.deflated = self.kept = self.late = 0
        self.faults: list[str] = []

    def fault(self, what: str):
        if len(self.faults) < 20:
            self.faults.append(what)


class Client(asyncio.Protocol):
    """One connection. Kinds below say what it sends and what must come."""

    path = "/echo"
    offer = None

    def __init__(self, crowd: "Crowd", number: int):
        self.crowd, self.number = crowd, number
        self.random = random.Random(number)
        self.is_leaving = self.is_finished = self.is_welcome = self.is_in = False
        self.timer = self.end = None
        self.gone = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        target = f"{self.path}?clientId={self.name}"
        request, accept = wire.upgrade(target, self.crowd.port, self.offer)
        self.reader = wire.Reader(accept)
        transport.write(request)

    @property
    def name(self) -> str:
        return f"c{self.number}"

    def data_received(self, data):
        try:
            for opcode, payload in self.reader.feed(data):
                self.take(opcode, payload)
        except (wire.Broken, ValueError, KeyError) as error:
            self.crowd.tally.fault(f"{type(self).__name__} {self.number}: {error!r}")
            self.transport.abort()

    def take(self, opcode: int, payload: bytes):
        if self.is_finished:
            return
        if opcode == 0:
            self.opened()
        elif opcode == wire.PING:
            self.transport.write(wire.frame(wire.PONG, payload))
        elif opcode == wire.CLOSE:
            if not self.is_leaving:
                raise wire.Broken(f"closed by the server: {payload!r}")
            self.transport.close()
        elif opcode != wire.PONG:
            self.message(opcode, payload)

    def opened(self):
        self.crowd.tally.opened += 1
        if self.reader.deflates:
            self.crowd.tally.deflated += 1
            self.crowd.tally.kept += self.reader.own_unpacker is not None
        elif self.offer and self.offer != wire.KEPT:
            raise wire.Broken("compression was declined")
        self.schedule()
        if self.crowd.life:
            loop = asyncio.get_running_loop()
            self.end = loop.call_later(self.random.expovariate(1 / self.crowd.life), self.leave_somehow)

    def schedule(self):
        pause = self.random.uniform(0.5, 1.5) * self.crowd.pause
        self.timer = asyncio.get_running_loop().call_later(pause, self.tick)

    def tick(self):
        self.speak()
        self.schedule()

    def leave(self):
        """The close handshake."""
        self.stop()
        self.transport.write(wire.frame(wire.CLOSE, struct.pack("!H", 1000)))

    def leave_somehow(self):
        choice = self.random.random()
        if choice < 0.6:
            return self.leave()
        self.stop()
        if choice < 0.7:
            # Its end, without a close frame; what comes after it can't be answered.
            self.is_finished = True
            try:
                self.transport.write_eof()
            except OSError:
                self.transport.abort()
        elif choice < 0.85:
            self.reset()
        else:
            self.transport.write(wire.frame(wire.TEXT, b"never finished", final=False))
            self.reset()

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def stop(self):
        self.is_leaving = True
        for handle in (self.timer, self.end):
            if handle:
                handle.cancel()

    def eof_received(self):
        return False

    def connection_lost(self, error):
        if not self.is_leaving:
            self.crowd.tally.fault(f"{type(self).__name__} {self.number} was cut: {error!r}")
            self.stop()
        self.crowd.tally.closed += 1
        if not self.gone.done():
            self.gone.set_result(None)


class Echo(Client):
    """Sends bytes, one message in flight, and wants them back."""

    asked = None

    def speak(self):
        if self.asked is not None:
            self.crowd.tally.late += 1
            return
        stem = b"%d " % self.random.getrandbits(60)
        self.asked = (stem * (self.random.randrange(4, 2_000) // len(stem) + 1))
        self.transport.write(wire.frame(wire.BINARY, self.asked, packer=self.reader.packer))

    def message(self, opcode, payload):
        if (opcode, payload) != (wire.BINARY, self.asked):
            raise wire.Broken(f"not the echo: {payload[:40]!r}")
        self.asked = None
        self.crowd.tally.echoes += 1


class Packed(Echo):
    """The same, compressed, each message by itself."""

    offer = wire.FRESH


class Kept(Echo):
    """The same, compressed with what was sent before, as far as the server has memory for it."""

    offer = wire.KEPT


class Member(Client):
    """Joins a room and talks there: its own messages and everybody's must come, each sender's in order."""

    path = "/rooms"

    def opened(self):
        super().opened()
        self.room = self.crowd.rooms[self.number % len(self.crowd.rooms)]
        self.sent = self.heard = self.acked = 0
        self.last: dict[str, int] = {}

    def speak(self):
        if not self.is_in:
            return
        self.sent += 1
        self.send(type="room_message", room_id=self.room, message=f"{self.name}:{self.sent}", id=str(self.sent))

    def send(self, **fields):
        self.transport.write(wire.frame(wire.TEXT, json.dumps(fields).encode()))

    def message(self, opcode, payload):
        message = json.loads(payload)
        kind = message["type"]
        if not self.is_welcome:
            if kind != "welcome" or message["client_id"] != self.name:
                raise wire.Broken(f"before welcome: {message}")
            self.is_welcome = True
            self.send(type="join_room", room_id=self.room)
        elif kind == "room_message":
            self.deliver(message)
        elif kind == "room_joined" and message["room_id"] == self.room:
            self.is_in = True
        elif kind == "message_ack" and message["id"] == str(self.acked + 1):
            self.acked += 1
        elif kind == "ping":
            self.send(type="pong")
        elif kind != "pong":
            raise wire.Broken(f"unwanted: {message}")

    def deliver(self, message):
        sender, number = message["message"].split(":")
        if message["room_id"] != self.room or message["from_client_id"] != sender:
            raise wire.Broken(f"not for this room: {message}")
        if int(number) <= self.last.get(sender, 0):
            raise wire.Broken(f"out of order: {message} after {self.last[sender]}")
        self.last[sender] = int(number)
        self.crowd.tally.deliveries += 1
        if sender == self.name:
            self.heard += 1
            if self.heard != int(number):
                raise wire.Broken(f"{self.heard} of its own heard, but got {message}")




class Crowd:
    """So many clients at once; who leaves is followed by another."""

    kinds = (Echo, Packed, Kept, Member, Member)

    def __init__(self, port: int, rooms: list[str], pause: float, life: float | None):
        self.port, self.rooms, self.pause, self.life = port, rooms, pause, life
        self.tally = Tally()
        self.clients: dict[int, Client] = {}
        self.next = 0
        self.is_over = False
        self.places: list[asyncio.Task] = []
        self.gate = asyncio.Semaphore(200)

    async def connect(self) -> Client:
        self.next += 1
        number = self.next
        kind = self.kinds[number % len(self.kinds)]
        loop = asyncio.get_running_loop()
        # Several own addresses: one alone would run out of ports for connections that were closed a minute ago.
        own = (f"127.0.0.{number % 16 + 1}", 0)
        async with self.gate:
            _, client = await loop.create_connection(
                lambda: kind(self, number), "127.0.0.1", self.port, local_addr=own)
        self.clients[number] = client
        return client

    async def hold_place(self, delay: float):
        await asyncio.sleep(delay)
        while not self.is_over:
            try:
                client = await self.connect()
            except OSError as error:
                self.tally.fault(f"could not connect: {error!r}")
                await asyncio.sleep(1)
                continue
            await client.gone
            del self.clients[client.number]

    def gather(self, count: int, rate: float):
        """Has `count` clients come, so many a second."""
        for position in range(count):
            self.places.append(asyncio.create_task(self.hold_place(position / rate)))

    async def everybody_open(self, count: int, patience: float):
        end = asyncio.get_running_loop().time() + patience
        while sum(c.reader.is_open for c in list(self.clients.values()) if hasattr(c, "reader")) < count * 0.99:
            if asyncio.get_running_loop().time() > end:
                raise TimeoutError(f"{len(self.clients)} of {count} clients came")
            await asyncio.sleep(0.5)

    async def disperse(self, patience: float):
        """Everybody gets the answers that are due, closes, and is gone."""
        self.is_over = True
        for client in list(self.clients.values()):
            for handle in (client.timer, client.end):
                if handle:
                    handle.cancel()
        end = asyncio.get_running_loop().time() + patience
        waiting = lambda: [c for c in self.clients.values() if not c.is_leaving and self.owes(c)]
        while waiting() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.2)
        for client in waiting():
            self.tally.fault(f"{type(client).__name__} {client.number} still waits for an answer")
        for client in list(self.clients.values()):
            if not client.is_leaving and client.reader.is_open:
                client.leave()
        await asyncio.wait(self.places, timeout=patience)
        left = [client.number for client in self.clients.values()]
        if left:
            self.tally.fault(f"{len(left)} clients were not closed by the server")
            for client in list(self.clients.values()):
                client.transport.abort()

    @staticmethod
    def owes(client: Client) -> bool:
        """Whether the server still owes a client an answer."""
        if isinstance(client, Echo):
            return client.asked is not None
        return client.reader.is_open and (not client.is_in or client.sent > min(client.heard, client.acked))
