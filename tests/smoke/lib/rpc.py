# SPDX-License-Identifier: BSD-3-Clause
"""The two sockets, spoken by hand: control's (JSON-RPC 2.0) and the dataplane's table socket."""

from __future__ import annotations

import json
import socket
import struct
import time
from pathlib import Path
from typing import Any

from .process import Failed

MAGIC = 0x4B47534B


def dial(path: Path, seconds: float = 20.0) -> socket.socket:
    """Connects; waits while those before us are still being let in."""
    out = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    out.setblocking(False)
    end = time.monotonic() + seconds
    while True:
        try:
            out.connect(str(path))
            out.settimeout(seconds)
            return out
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def exactly(stream: socket.socket, count: int) -> bytes:
    out = b""
    while len(out) < count:
        more = stream.recv(count - len(out))
        if not more:
            raise EOFError("the other end closed the connection")
        out += more
    return out


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.error = error
        self.name = str(error.get("name") or (error.get("data") or {}).get("name", ""))


class Control:
    """A connection to kmsgate-control."""

    def __init__(self, path: Path) -> None:
        self.stream = dial(path)
        self.number = 0
        self.call("hello", min=1, max=1, client="smoke")

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call; notifications in between are passed over."""
        self.number += 1
        text = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode()
        self.stream.sendall(struct.pack(">I", len(text)) + text)
        while True:
            answer = json.loads(exactly(self.stream, struct.unpack(">I", exactly(self.stream, 4))[0]))
            if answer.get("id") != self.number:
                continue
            if "error" in answer:
                raise Refused(answer["error"])
            return answer["result"]


def frame(request: dict[str, Any] | bytes, attachment: bytes = b"") -> bytes:
    """One frame of the table socket."""
    text = request if isinstance(request, bytes) else json.dumps(request).encode()
    return struct.pack("<IIQ", MAGIC, len(text), len(attachment)) + text + attachment


class Link:
    """A connection to a dataplane's table socket, as control has it."""

    def __init__(self, path: Path, hello: bool = True) -> None:
        self.stream = dial(path)
        self.number = 0
        self.events: list[dict[str, Any]] = []
        self.greeting = self.call("hello", version=1) if hello else {}

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def read(self) -> tuple[dict[str, Any], bytes]:
        magic, size, attached = struct.unpack("<IIQ", exactly(self.stream, 16))
        if magic != MAGIC:
            raise Failed(f"the table socket sent the magic {magic:08x}")
        return json.loads(exactly(self.stream, size)), exactly(self.stream, attached)

    def call(self, op: str, attachment: bytes = b"", **params: Any) -> dict[str, Any]:
        """The answer to a request; what comes by itself meanwhile is kept in `events`."""
        self.number += 1
        self.stream.sendall(frame({"id": self.number, "op": op, **params}, attachment))
        while True:
            answer, data = self.read()
            if answer.get("op") == "events":
                self.events += [json.loads(line) for line in data.splitlines()]
            if answer.get("id") != self.number:
                continue
            if not answer.get("ok"):
                raise Refused(answer["error"])
            return answer
