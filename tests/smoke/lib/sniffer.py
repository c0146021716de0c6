# SPDX-License-Identifier: BSD-3-Clause
"""Frames as they pass an interface (AF_PACKET): what was sent there, what arrived there."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass

from .netns import Namespace
from .process import Failed

ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE, PACKET_OUTGOING = 3, 263, 6, 33, 4


@dataclass(frozen=True)
class Seen:
    """One frame; `sent`: it left by the interface, else it arrived."""

    sent: bool
    data: bytes


class Sniffer:
    """Keeps every frame from now on; the kernel holds them until they are asked for."""

    def __init__(self, inside: Namespace, interface: str, megabytes: int = 64) -> None:
        with inside.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, megabytes << 20)
            self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)
        self.interface = interface
        self.frames: list[Seen] = []

    def __enter__(self) -> "Sniffer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, frame: bytes) -> None:
        """Puts a frame on the wire as it is."""
        self.socket.send(frame)

    def read(self) -> list[Seen]:
        """All frames so far."""
        while True:
            try:
                data, address = self.socket.recvfrom(65536)
            except BlockingIOError:
                break
            self.frames.append(Seen(address[2] == PACKET_OUTGOING, data))
        _, lost = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        if lost:
            raise Failed(f"the sniffer on {self.interface} lost {lost} frames itself")
        return self.frames

    def sent(self) -> list[bytes]:
        return [frame.data for frame in self.read() if frame.sent]

    def arrived(self) -> list[bytes]:
        return [frame.data for frame in self.read() if not frame.sent]


def settle(*sniffers: Sniffer, quiet: float = 0.15, most: float = 3.0) -> None:
    """Waits until nothing has passed for a while."""
    end, last, since = time.monotonic() + most, -1, time.monotonic()
    while time.monotonic() < end:
        count = sum(len(sniffer.read()) for sniffer in sniffers)
        if count != last:
            last, since = count, time.monotonic()
        elif time.monotonic() - since > quiet:
            return
        time.sleep(0.01)
