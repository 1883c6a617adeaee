"""The server under soak: a process, and what it holds."""

import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time


class Server:
    def __init__(self, binary: str, loops: int):
        self.output = tempfile.TemporaryFile("w+", errors="replace")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [binary, "--port", str(self.port), "--loops", str(loops), "--log-level", "error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.output,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
        self.pid = self.process.pid
        for _ in range(600):
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    raise ChildProcessError(self.stop()[1]) from None
                time.sleep(0.05)
        raise TimeoutError("the server does not listen")

    @property
    def resident(self) -> float:
        """Resident memory, in MiB."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    async def request(self, text: str) -> dict:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(text.encode())
        answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(answer.decode())
        return json.loads(body)

    async def live(self) -> dict:
        return await self.request("GET /live HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n")

    async def make_room(self, name: str) -> str:
        body = json.dumps({"name": name})
        answer = await self.request(
            "POST /websocket/rooms HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        return answer["roomId"]

    async def at_rest(self, patience: float) -> dict:
        """What it holds once everybody has gone: waits for no connection, no member, steady descriptors."""
        end = asyncio.get_running_loop().time() + patience
        before = -1
        while True:
            live = await self.live()
            # Connections that were closed linger for up to two seconds; so does the one that just asked.
            await asyncio.sleep(3)
            live["descriptors"], live["resident"] = self.descriptors, self.resident
            is_steady = live["descriptors"] == before and live["connections"] == live["members"] == 0
            if is_steady or asyncio.get_running_loop().time() > end:
                return live
            before = live["descriptors"]

    def stop(self) -> tuple[int, str]:
        """Its exit status by SIGTERM, and what it logged."""
        self.process.terminate()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.output.seek(0)
        return status, self.output.read()
