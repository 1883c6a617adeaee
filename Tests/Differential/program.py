"""The running `Differential` program of one subject: inputs go in, reports come out, each behind its length."""

import struct
import subprocess
import threading


class Program:
    def __init__(self, path, subject):
        self.process = subprocess.Popen([path, subject], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def reports(self, inputs):
        """The reports of a batch of inputs. Written by a thread, since both pipes may fill."""
        data = b"".join(struct.pack("<I", len(one)) + one for one in inputs)
        writer = threading.Thread(target=self._write, args=(data,))
        writer.start()
        reports = [self._read(struct.unpack("<I", self._read(4))[0]) for _ in inputs]
        writer.join()
        return reports

    def _write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def _read(self, count):
        data = self.process.stdout.read(count)
        if len(data) < count:
            raise EOFError(f"the program ended with {self.process.wait()}")
        return data

    def end(self):
        self.process.stdin.close()
        return self.process.wait(30)
