# SPDX-License-Identifier: BSD-3-Clause
"""Puts the To tag of an answer into later frames: an ACK cannot be written before the 488 is known."""

from __future__ import annotations

import re
from pathlib import Path

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from . import wire
from .captures import read

PLACE = re.compile(rb"TAG-OF-LINE-(\d+)-")


def place(line: int) -> str:
    """What stands for the To tag of the answer to a line."""
    return f"TAG-OF-LINE-{line}-"


def wanted(captures: dict[str, Path]) -> bool:
    """Whether a capture holds such a place."""
    return any(PLACE.search(path.read_bytes()) for path in captures.values())


def rebuilt(frame: bytes, tags: dict[int, str]) -> bytes:
    """An unfragmented IPv4 frame with the tags filled in, lengths and checksums made anew."""
    if not PLACE.search(frame):
        return frame
    packet = Ether(frame)
    payload = PLACE.sub(lambda m: tags.get(int(m[1]), "none").encode(), bytes(packet[UDP].payload))
    packet[UDP].payload = Raw(payload)
    del packet[IP].len, packet[IP].chksum, packet[UDP].len, packet[UDP].chksum
    return bytes(packet)


def fill(captures: dict[str, Path], tags: dict[int, str], folder: Path) -> dict[str, Path]:
    """Copies of the captures with the tags filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    out = {}
    for port, path in captures.items():
        capture = wire.Capture([(record.time, rebuilt(record.data, tags)) for record in read(path)])
        out[port] = folder / f"{port}-in.pcap"
        capture.pcap(out[port])
    return out
