# SPDX-License-Identifier: BSD-3-Clause
"""SIP messages over one connection of the kernel's TCP, both ways at once, every byte compared, every pause measured."""

from __future__ import annotations

import random
import socket
import threading
import time
from dataclasses import dataclass

from cases.lib import mikey, sip

from .bed import Bed
from .calls import HOME
from .process import Failed

PORT = 5060
LEAST, MOST = 300, 60_000  # bytes of a message
MIKEY_EVERY = 8  # one message in so many is an INVITE with an I_MESSAGE
FILLING = bytes(random.Random(7).choices(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n", k=1 << 17))


def message(number: int, size: int, name: str) -> bytes:
    """A MESSAGE of about `size` bytes whose body is no carriage of anything."""
    head = (
        f"MESSAGE {sip.BOB} SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.0.1:5060;branch=z9hG4bK-{name}-{number}\r\n"
        f"Max-Forwards: 70\r\nFrom: <{sip.ALICE}>;tag={name}\r\nTo: <{sip.BOB}>\r\nCall-ID: {name}-{number}\r\n"
        f"CSeq: {number} MESSAGE\r\nContent-Type: text/plain\r\n"
    )
    room = max(size - len(head) - 24, 0)
    at = number * 977 % (len(FILLING) - MOST)
    return head.encode() + b"Content-Length: %d\r\n\r\n" % room + FILLING[at : at + room]


def invite(number: int, name: str, kmsi: str = HOME, kmsr: str = HOME) -> bytes:
    """An INVITE of 2.5 kB; its I_MESSAGE is made once, the transaction is another each time."""
    key = (kmsi, kmsr)
    if key not in _invites:
        made = sip.invite(1, mikey.i_message(kmsi, kmsr, sip.ALICE, sip.BOB))
        made = made.put("Call-ID", "@CALL@").put("Via", "SIP/2.0/TCP 10.9.0.1:5060;branch=z9hG4bK@CALL@")
        _invites[key] = made.encode()
    return _invites[key].replace(b"@CALL@", f"{name}-{number}".encode())


_invites: dict[tuple[str, str], bytes] = {}


def messages(count: int, seed: int, name: str, most: int = MOST, invites: bool = True) -> list[bytes]:
    """Sizes spread evenly over their logarithm up to `most`; of a hundred and more one has 60 kB."""
    draw = random.Random(seed)
    out = []
    for number in range(1, count + 1):
        if invites and number % MIKEY_EVERY == 0:
            out.append(invite(number, name))
        else:
            size = MOST if number == count // 2 and count >= 100 else int(LEAST * (most / LEAST) ** draw.random())
            out.append(message(number, size, name))
    return out


@dataclass
class Way:
    """One direction: what is to come, how much has, the longest time without a byte."""

    name: str
    data: bytes
    got: int = 0
    pause: float = 0.0
    took: float = 0.0
    fault: str = ""


class Pipe:
    """A connection from A to B; `run` sends both lists and receives them at the other end."""

    def __init__(self, bed: Bed, port: int = PORT, far_buffer: int = 0, far_pace: float = 0.0) -> None:
        """`far_buffer`: SO_RCVBUF of B, whose window then closes; `far_pace`: seconds between its reads."""
        self.far_pace = far_pace
        with bed.b.space.entered():
            ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if far_buffer:
                ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, far_buffer)
            ear.bind((bed.b.ip4, port))
            ear.listen()
            ear.settimeout(10)
        with bed.a.space.entered():
            self.near = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.near.settimeout(10)
            self.near.connect((bed.b.ip4, port))
        self.far, _ = ear.accept()
        ear.close()
        for end in (self.near, self.far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        self.near.close()
        self.far.close()

    @staticmethod
    def _send(end: socket.socket, parts: list[bytes], gap: float, fault: list[str]) -> None:
        try:
            for part in parts:
                end.sendall(part)
                if gap:
                    time.sleep(gap)
        except OSError as error:
            fault.append(f"sending: {error}")

    @staticmethod
    def _receive(end: socket.socket, way: Way, pace: float) -> None:
        view = memoryview(way.data)
        start = last = time.monotonic()
        while way.got < len(view):
            try:
                data = end.recv(4096 if pace else 1 << 16)
            except OSError as error:
                way.fault = f"{way.name}: {error} after {way.got} of {len(view)} bytes"
                return
            now = time.monotonic()
            way.pause, last = max(way.pause, now - last), now
            if not data:
                way.fault = f"{way.name}: ended after {way.got} of {len(view)} bytes"
                return
            if data != view[way.got : way.got + len(data)]:
                way.fault = f"{way.name}: other bytes behind {way.got}"
                return
            way.got += len(data)
            if pace:
                time.sleep(pace)
        way.took = time.monotonic() - start

    def run(self, there: list[bytes], back: list[bytes], gap: float = 0.0) -> list[Way]:
        """Sends `there` from A and `back` from B, `gap` seconds apart; fails unless all came, byte for byte."""
        ways = [Way("A to B", b"".join(there)), Way("B to A", b"".join(back))]
        faults: list[str] = []
        jobs = [
            threading.Thread(target=self._send, args=(self.near, there, gap, faults), daemon=True),
            threading.Thread(target=self._send, args=(self.far, back, gap, faults), daemon=True),
            threading.Thread(target=self._receive, args=(self.far, ways[0], self.far_pace), daemon=True),
            threading.Thread(target=self._receive, args=(self.near, ways[1], 0.0), daemon=True),
        ]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        faults += [way.fault for way in ways if way.fault]
        if faults:
            raise Failed("; ".join(faults))
        return ways
