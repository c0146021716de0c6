# SPDX-License-Identifier: BSD-3-Clause
"""Clients of the control socket that stall, flood, or vanish: everybody else is served, and traffic does not notice."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from pathlib import Path

from smoke.lib import rpc
from smoke.lib.bed import Bed
from smoke.lib.box import Box, policy
from smoke.lib.calls import HOME, Callee, Caller
from smoke.lib.process import wait_until
from smoke.lib.stream import Stream
from smoke.lib.suite import Context, expect, same, test


def message(value: object) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack(">I", len(text)) + text


HELLO = message({"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"min": 1, "max": 1, "client": "odd"}})


def push(stream: socket.socket, data: bytes) -> None:
    """As much as the other end takes; it may well close."""
    stream.setblocking(False)
    try:
        while data:
            data = data[stream.send(data) :]
    except OSError:
        pass


def odd_clients(path: Path) -> list[socket.socket]:
    """They stay connected while the others are served."""
    out = []

    def client(*pieces: bytes) -> None:
        stream = rpc.dial(path)
        for piece in pieces:
            push(stream, piece)
        out.append(stream)

    for _ in range(8):
        client()
        client(HELLO[:7])
        client(HELLO, struct.pack(">I", 16 << 20) + b'{"jsonrpc')
    client(HELLO, struct.pack(">I", 0xFFFFFFFF))
    client(HELLO, message(b"{" * 50_000))
    client(HELLO, message(b"\xff\xfe\x00"))
    client(HELLO, message([[[[]]]]))
    client(HELLO, message({"jsonrpc": "2.0", "id": 1, "method": "policy.commit", "params": {"text": {"a": 1}}}))
    client(message({"jsonrpc": "2.0", "id": 1, "method": "policy.rollback", "params": {}}))
    # floods with calls and with events and reads nothing
    status = message({"jsonrpc": "2.0", "id": 2, "method": "policy.show", "params": {}})
    client(HELLO, message({"jsonrpc": "2.0", "id": 2, "method": "events.subscribe", "params": {}}), status * 20_000)
    client(HELLO, status * 20_000)
    return out


@test("clients that stall, flood or vanish")
def clients(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        generation = box.generation()
        path = Path(box.settings["sockets"]["control"])
        noise = random.Random(4)
        with Stream(bed, rate=1000) as stream:
            caller = Caller(bed, "flow", HOME, HOME, calls=40, rate=10)
            held = odd_clients(path)
            for _ in range(200):  # vanish, most of them in the middle of something
                stream_to = rpc.dial(path)
                data = HELLO + message({"jsonrpc": "2.0", "id": 3, "method": "policy.history", "params": {}})
                push(stream_to, data[: noise.randrange(len(data) + 1)])
                stream_to.close()
            # those that vanished fill all places for a moment
            wait_until("a place for the operator", lambda: box.ctl("status", code=None), 5)
            slowest = 0.0
            for number in range(10):
                start = time.monotonic()
                box.ctl("status")
                slowest = max(slowest, time.monotonic() - start)
                box.commit(policy("A" if number % 2 else "A, C"))
            done = caller.finish()
            for one in held:
                one.close()
        same("calls", done["successful"], 40)
        same("datagrams lost", stream.missing, 0)
        expect(slowest < 3, f"status took {slowest:.1f} s beside them")
        same("generation", box.generation(), generation + 10)
        expect(box.control is not None and box.control.alive(), "control died")
        wait_until("the odd clients to be let go", lambda: box.ctl("status")["control"]["clients"] <= 1, 10)
        context.say(f"{len(held)} odd clients, 200 that vanished, status in {1000 * slowest:.0f} ms at most")
        box.stop()
