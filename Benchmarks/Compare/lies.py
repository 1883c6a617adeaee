"""The load generator beside a server that lies: it must find each lie, and none in an honest server."""

import asyncio
import os
import sys

from liar import SILENT, Liar

# What is asked, and the lies that it must find.
QUESTIONS = {
    "echo --path /echo --depth 4": [
        "flip", "short", "long", "binary", "twice", "swap", "drop", "close", "cut", "silence", "accept"],
    "echo --path /deflate --depth 4 --size 400 --deflate": ["flip", "short", "long", "plain", "twice", "swap", "drop"],
    "echo --path /echo --deflate": ["no deflate"],
    "fanout --path /room --depth 4 --size 64": ["flip", "short", "twice", "swap", "drop", "silence"],
    "http --path /plain --depth 4": ["flip", "status", "twice", "drop"],
    "idle --path /echo": ["deaf"],
}
# What an honest server cannot be asked.
NEVER_RIGHT = {"echo --path /echo --deflate"}


async def found(load: str, question: str, lie: str) -> str | None:
    """What the load generator has against the server, or nothing."""
    # The first fault ends it, however long it may last; silence it waits for.
    seconds = 20 if lie and lie not in SILENT else 0.5
    async with Liar(lie) as liar:
        process = await asyncio.create_subprocess_exec(
            load, *question.split(), "--port", str(liar.port), "--server", str(os.getpid()),
            "--connections", "3", "--warmup", "0", "--seconds", str(seconds), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
    if process.returncode not in (0, 1):
        raise SystemExit(f"{question}, {lie}: ended with {process.returncode}: {said.decode()}")
    return said.decode().split("\n")[0] if process.returncode else None


async def check(load: str) -> int:
    cases = [(question, lie) for question, lies in QUESTIONS.items() for lie in lies]
    cases += [(question, "") for question in QUESTIONS if question not in NEVER_RIGHT]
    answers = await asyncio.gather(*(found(load, *case) for case in cases))
    failures = 0
    for (question, lie), answer in zip(cases, answers):
        if bool(lie) != bool(answer):
            failures += 1
            print(f"FAILED: {question}: {f'{lie} was not found' if lie else answer}")
    print(f"{sum(bool(lie) for _, lie in cases)} lies, {failures} answers of the load generator were wrong")
    return failures


if __name__ == "__main__":
    raise SystemExit(1 if asyncio.run(check(sys.argv[1])) else 0)
