"""The same protocol through Debian's `node-ws`: another author, another language, other habits."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("node_client.cjs")
CHECKS = [
    "welcome", "ack", "unicode client id", "room message", "direct message", "fragments", "large message", "ping frame",
    "json ping", "blocked", "announced members", "binary echo", "close code", "server error codes", "refused path", "many clients",
    "compression offer", "compressed room",
]


@pytest.fixture(scope="module")
def results(fleet) -> dict[str, dict]:
    node = shutil.which("node")
    assert node, "node is not installed: scripts/interop installs it"
    chat = fleet.get("Chat")
    room = chat.create_room("node")
    done = subprocess.run(
        [node, str(SCRIPT), str(chat.port), room],
        env={**os.environ, "NODE_PATH": "/usr/share/nodejs"}, capture_output=True, timeout=28, text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["check"]: line for line in lines}


def test_node_ran_every_check(results):
    assert sorted(results) == sorted(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_node(results, check):
    assert results[check]["passed"], results[check].get("error")
