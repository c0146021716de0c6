# SPDX-License-Identifier: BSD-3-Clause
"""Numbered UDP datagrams from A to B at a rate, counted one by one at the other end."""

from __future__ import annotations

import socket
import struct
import threading
import time

from .bed import Bed
from .sniffer import SO_RCVBUFFORCE

PORT = 9000  # no SIP port


class Stream:
    """Runs from `with` on to its end or to stop(); then `sent`, `arrived` and `missing` tell."""

    def __init__(self, bed: Bed, rate: int = 5000, size: int = 200, version: int = 4) -> None:
        family = socket.AF_INET if version == 4 else socket.AF_INET6
        with bed.b.space.entered():
            self._ear = socket.socket(family, socket.SOCK_DGRAM)
            self._ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            self._ear.bind((bed.b.address(version), PORT))
            self._ear.settimeout(0.1)
        with bed.a.space.entered():
            self._mouth = socket.socket(family, socket.SOCK_DGRAM)
            self._mouth.connect((bed.b.address(version), PORT))
        self.rate, self.filling = rate, bytes(size - 8)
        self.sent = 0
        self.seen = bytearray()
        self.twice = self.late = 0
        self.longest_gap = 0.0
        self._stop = threading.Event()
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, daemon=True),
            threading.Thread(target=self._hear, daemon=True),
        ]

    def _send(self) -> None:
        due, last = time.monotonic(), 0.0
        while not self._stop.is_set():
            now = time.monotonic()
            if last:
                self.longest_gap = max(self.longest_gap, now - last)
            last = now
            # a sender that was held up does not make good for it by a burst that nobody asked for
            due = max(due, now - 0.01)
            while due <= now:
                self._mouth.send(struct.pack("<Q", self.sent) + self.filling)
                self.sent += 1
                due += 1 / self.rate
            time.sleep(0.001)

    def _hear(self) -> None:
        while True:
            try:
                data = self._ear.recv(2048)
            except TimeoutError:
                if self._done.is_set():
                    return
                continue
            number = struct.unpack_from("<Q", data)[0]
            if number >= len(self.seen):
                self.seen.extend(bytes(number + 1 - len(self.seen)))
            self.twice += self.seen[number]
            self.seen[number] = 1

    def __enter__(self) -> "Stream":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, settle: float = 0.3) -> "Stream":
        """Ends the sending, waits for what is under way."""
        if self._done.is_set():
            return self
        self._stop.set()
        self._threads[0].join()
        time.sleep(settle)
        self._done.set()
        self._threads[1].join()
        self._ear.close()
        self._mouth.close()
        return self

    @property
    def arrived(self) -> int:
        return sum(self.seen)

    @property
    def missing(self) -> int:
        return self.sent - self.arrived

    def gaps(self) -> list[tuple[int, int]]:
        """Runs of missing numbers: (first, how many)."""
        out: list[tuple[int, int]] = []
        seen = self.seen + bytes(self.sent - len(self.seen))
        for number, value in enumerate(seen):
            if value:
                continue
            if out and out[-1][0] + out[-1][1] == number:
                out[-1] = (out[-1][0], out[-1][1] + 1)
            else:
                out.append((number, 1))
        return out
