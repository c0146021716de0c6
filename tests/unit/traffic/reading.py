# SPDX-License-Identifier: BSD-3-Clause
"""Captures as other code reads them: datagrams put together, TCP streams put together, SIP messages cut out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from cases.lib import captures


def datagrams(path: Path) -> Iterator[captures.Datagram]:
    """Whole UDP datagrams in order of their last fragment; those that lack one are left out."""
    waiting: dict[tuple, list[bytes]] = {}
    for record in captures.read(path):
        packet = captures.parse(record.data)
        if packet is None or packet.protocol != 17:
            continue
        if not packet.fragment:
            yield captures.assemble([record.data])
            continue
        key = (packet.src, packet.dst, packet.ident)
        frames = waiting.setdefault(key, [])
        if record.data not in frames:
            frames.append(record.data)
        packets = [p for p in map(captures.parse, frames) if p is not None]
        last = [p for p in packets if not p.more]
        if last and sum(len(p.payload) for p in packets) == last[0].offset + len(last[0].payload):
            yield captures.assemble(waiting.pop(key))


def streams(path: Path) -> dict[tuple, bytes]:
    """What each direction of each TCP connection said, by (source, port, destination, port); checks its order."""
    out: dict[tuple, bytes] = {}
    expected: dict[tuple, int] = {}
    ended: set[tuple] = set()
    for record in captures.read(path):
        packet = captures.parse(record.data)
        if packet is None or packet.protocol != 6:
            continue
        source, target, sequence, ack, offset, flags = struct.unpack_from(">HHIIBB", packet.payload)
        key = (packet.src, source, packet.dst, target)
        back = (packet.dst, target, packet.src, source)
        data = packet.payload[(offset >> 4) * 4 :]
        if flags & 2:
            assert key not in out, f"a second SYN of {key}"
            out[key] = b""
            expected[key] = (sequence + 1) & 0xFFFFFFFF
        else:
            assert key in out, f"{key} says something without a SYN"
            assert sequence == expected[key], f"{key}: sequence {sequence}, expected {expected[key]}"
            assert key not in ended or not data, f"{key}: data behind FIN"
            out[key] += data
            expected[key] = (sequence + len(data) + (flags & 1)) & 0xFFFFFFFF
        if flags & 16:
            assert ack == expected[back], f"{key} acknowledges {ack}, {back} sent up to {expected[back]}"
        if flags & 1:
            ended.add(key)
    assert ended == set(out), "connections that are not closed both ways"
    return out


def messages(stream: bytes) -> list[bytes]:
    """SIP messages in a stream, by Content-Length."""
    out = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:"))
        assert len(rest) >= length, "a stream that ends within a message"
        out.append(head + b"\r\n\r\n" + rest[:length])
        stream = rest[length:]
    return out


def label(message: bytes) -> str:
    """Method or status."""
    first, second = message.split(b" ", 2)[:2]
    return (second if first == b"SIP/2.0" else first).decode()
