# SPDX-License-Identifier: BSD-3-Clause
"""Segments that only one end would believe: none of their bytes may enter the stream, none may reach the other end."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import messages
from reading import OTHER
from segment import ACK, FIN, PSH, RST, SYN, URG, stamps

if TYPE_CHECKING:
    from generate import Maker

BAD_INVITE = messages.BY_NAME["invite-b"].make(999_999_999)


def evil(maker: "Maker") -> bytes:
    """Bytes that the stream does not have."""
    size = maker.rng.randrange(1, 300)
    return BAD_INVITE[:size] if maker.rng.random() < 0.5 else bytes([0x80 | b for b in maker.rng.randbytes(size)])


def throw(maker: "Maker", port: str) -> None:
    """One such segment of this port, at the place where its stream goes on."""
    rng, half = maker.rng, maker.reading.half[port]
    place, text = half.next, evil(maker)
    if half.known.find(1, place) >= 0:  # bytes came early: stay away from what would be a conflict with them
        text = text[:1] if half.known[place : place + 1] != b"\x01" else b""
    if half.edge is not None and place + len(text) > half.edge or not text:
        return
    kind = rng.choice(list(KINDS))
    frame = KINDS[kind](maker, port, place, text)
    if frame is not None:
        maker.made.story.append(f"{port} noise {kind} at {place} as frame {maker.numbers[port] + 1}")
        maker.put(port, frame)


def _spoilt_ip(maker: "Maker", port: str, place: int, text: bytes) -> bytes | None:
    if maker.wire.v6:
        return None
    frame = bytearray(maker.frame(port, place, text, ACK | PSH))
    at = 14 + (4 if maker.wire.vlan is not None else 0) + 10
    frame[at : at + 2] = struct.pack(">H", (struct.unpack_from(">H", frame, at)[0] + 1) & 0xFFFF)
    return bytes(frame)


def _old_stamp(maker: "Maker", port: str, place: int, text: bytes) -> bytes | None:
    if not maker.stamped:
        return None
    return maker.frame(port, place, text, ACK, stamp=maker.tick[port] - maker.rng.randrange(1000, 10**6))


def _beyond(maker: "Maker", port: str, place: int, text: bytes) -> bytes | None:
    half = maker.reading.half[port]
    edge = None if half.edge is None else max(half.edge, half.next + 65535)  # what the gate itself may have offered
    return None if edge is None else maker.frame(port, edge + maker.rng.randrange(0, 10**6), text, ACK)


def _conflict(maker: "Maker", port: str, place: int, text: bytes) -> bytes | None:
    half = maker.reading.half[port]
    low = half.forgotten()
    if low >= half.next:
        return None
    start = maker.rng.randrange(low, half.next)
    payload = bytearray(half.data[start : half.next]) + text[: maker.rng.randrange(0, 20)]
    payload[0] ^= 0x20
    return maker.frame(port, start, bytes(payload[:1200]), ACK)


def _options(maker: "Maker", port: str, place: int, text: bytes) -> bytes | None:
    stamp = stamps(maker.tick[port], maker.tick[OTHER[port]])
    twice = b"\x01\x01" + stamp + b"\x01\x01" + stamp
    return maker.frame(
        port, place, text, ACK, options=maker.rng.choice([twice, b"\x01\x01\x01\xfd", b"\x01\x01\x08\x01"])
    )


KINDS = {
    "checksum": lambda m, p, at, text: m.frame(p, at, text, ACK, spoil=m.rng.randrange(1, 1000)),
    "ip checksum": _spoilt_ip,
    "old stamp": _old_stamp,
    "beyond the window": _beyond,
    "urgent": lambda m, p, at, text: m.frame(p, at, text, ACK | URG | PSH, urgent=m.rng.randrange(1, 9)),
    "no ACK": lambda m, p, at, text: m.frame(p, at, text, m.rng.choice([0, PSH, FIN])),
    "SYN": lambda m, p, at, text: m.frame(p, at + m.rng.randrange(0, 100), b"", SYN),
    "SYN with data": lambda m, p, at, text: m.frame(p, at, text, SYN | ACK),
    "RST beyond": lambda m, p, at, text: m.frame(p, at + 10**7, b"", RST | ACK),
    "FIN beyond": lambda m, p, at, text: m.frame(p, at + 10**7, b"", FIN | ACK),
    "unsent ACK": lambda m, p, at, text: m.frame(
        p, at, text, ACK, ack=m.isn[OTHER[p]] + 1 + m.reading.half[OTHER[p]].sent + m.rng.randrange(1000, 10**6)),
    "options": _options,
    "conflict": _conflict,
    "empty ahead": lambda m, p, at, text: m.frame(p, at + m.rng.randrange(1, 500), b"", ACK),
    "RST ahead": lambda m, p, at, text: m.frame(p, at + m.rng.randrange(1, 500), b"", RST | ACK),
    "keep-alive": lambda m, p, at, text: m.frame(p, at - 1, b"", ACK),
}  # fmt: skip
