# SPDX-License-Identifier: BSD-3-Clause
"""Reads captures and frames without scapy: what was written by one library is read by other code."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Record:
    """A captured frame and its time in nanoseconds."""

    time: int
    data: bytes


def classic(raw: bytes) -> list[Record]:
    """Classic pcap in either byte order and resolution; a cut last record is left out."""
    order = "<" if raw[:4] in (b"\x4d\x3c\xb2\xa1", b"\xd4\xc3\xb2\xa1") else ">"
    scale = 1 if struct.unpack(order + "I", raw[:4])[0] == 0xA1B23C4D else 1000
    out, at = [], 24
    while at + 16 <= len(raw):
        sec, part, length, _ = struct.unpack_from(order + "IIII", raw, at)
        if at + 16 + length > len(raw):
            break
        out.append(Record(sec * 10**9 + part * scale, raw[at + 16 : at + 16 + length]))
        at += 16 + length
    return out


def next_generation(raw: bytes) -> list[Record]:
    """The pcapng files that our generators write: one little-endian section, one interface."""
    out, at, scale = [], 0, 1000
    while at + 12 <= len(raw):
        kind, length = struct.unpack_from("<II", raw, at)
        if kind == 1 and length > 20 and raw[at + 16 : at + 18] == b"\x09\x00":
            scale = 10 ** (9 - raw[at + 20])
        if kind == 6:
            _, high, low, size, _ = struct.unpack_from("<IIIII", raw, at + 8)
            out.append(Record(((high << 32) | low) * scale, raw[at + 28 : at + 28 + size]))
        at += length
    return out


def read(path: Path) -> list[Record]:
    """All whole frames of a capture."""
    raw = path.read_bytes()
    return next_generation(raw) if raw[:4] == b"\x0a\x0d\x0d\x0a" else classic(raw)


def written_as_agreed(path: Path) -> str | None:
    """What is wrong with an output capture: it is classic, little-endian, nanoseconds, Ethernet, whole."""
    raw = path.read_bytes()
    if raw[:4] != b"\x4d\x3c\xb2\xa1":
        return f"magic {raw[:4].hex()}, not little-endian nanosecond pcap"
    if struct.unpack_from("<HH", raw, 4) != (2, 4) or struct.unpack_from("<I", raw, 20)[0] != 1:
        return "version is not 2.4 or the link type is not Ethernet"
    size = 24 + sum(16 + len(record.data) for record in classic(raw))
    return None if size == len(raw) else f"{len(raw)} bytes, but the records end at {size}"


def ones_sum(data: bytes) -> int:
    """The Internet checksum's sum, folded; 0xFFFF when a good checksum is included."""
    if len(data) % 2:
        data += b"\x00"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@dataclass(frozen=True)
class Packet:
    """One frame down to its IP payload."""

    src_mac: bytes
    dst_mac: bytes
    vlans: tuple[tuple[int, int], ...]
    version: int
    src: str
    dst: str
    protocol: int
    ident: int
    offset: int
    more: bool
    dont_fragment: bool
    hops: int
    payload: bytes
    size: int
    fault: str | None
    padding: int

    @property
    def fragment(self) -> bool:
        """Whether this is a fragment."""
        return self.offset > 0 or self.more


def _v4(data: bytes, base: dict[str, Any]) -> Packet | None:
    header = (data[0] & 15) * 4
    total, ident, word = struct.unpack_from(">HHH", data, 2)
    fault = None
    if header < 20 or total < header or total > len(data):
        fault = "IPv4 lengths"
    elif ones_sum(data[:header]) != 0xFFFF:
        fault = "IPv4 header checksum"
    return Packet(
        **base,
        version=4,
        src=str(ipaddress.ip_address(data[12:16])),
        dst=str(ipaddress.ip_address(data[16:20])),
        protocol=data[9],
        ident=ident,
        offset=(word & 0x1FFF) * 8,
        more=bool(word & 0x2000),
        dont_fragment=bool(word & 0x4000),
        hops=data[8],
        payload=data[header:total],
        size=total,
        fault=fault,
        padding=max(0, len(data) - total),
    )


def _v6(data: bytes, base: dict[str, Any]) -> Packet | None:
    length, kind, hops = struct.unpack_from(">HBB", data, 4)
    fault = None if 40 + length <= len(data) else "IPv6 payload length"
    at, end = 40, min(len(data), 40 + length)
    ident, offset, more = 0, 0, False
    while kind in (0, 43, 44, 60) and at + 8 <= end:
        following, size = data[at], (data[at + 1] + 1) * 8
        if kind == 44:
            word, ident = struct.unpack_from(">HI", data, at + 2)
            offset, more, size = word & 0xFFF8, bool(word & 1), 8
        kind, at = following, at + size
        if offset:
            break
    return Packet(
        **base,
        version=6,
        src=str(ipaddress.ip_address(data[8:24])),
        dst=str(ipaddress.ip_address(data[24:40])),
        protocol=kind,
        ident=ident,
        offset=offset,
        more=more,
        dont_fragment=False,
        hops=hops,
        payload=data[at:end],
        size=40 + length,
        fault=fault,
        padding=max(0, len(data) - 40 - length),
    )


def parse(frame: bytes) -> Packet | None:
    """A frame as a packet, or None when it holds no IP."""
    at, vlans = 12, []
    kind = struct.unpack_from(">H", frame, at)[0]
    while kind in (0x8100, 0x88A8, 0x9100):
        vlans.append((kind, struct.unpack_from(">H", frame, at + 2)[0] & 0xFFF))
        at += 4
        kind = struct.unpack_from(">H", frame, at)[0]
    base: dict[str, Any] = {"dst_mac": frame[:6], "src_mac": frame[6:12], "vlans": tuple(vlans)}
    data = frame[at + 2 :]
    if kind == 0x0800 and len(data) >= 20:
        return _v4(data, base)
    return _v6(data, base) if kind == 0x86DD and len(data) >= 40 else None


@dataclass(frozen=True)
class Datagram:
    """A whole UDP datagram and the packets it came in."""

    packets: tuple[Packet, ...]
    sport: int
    dport: int
    data: bytes
    fault: str | None

    @property
    def first(self) -> Packet:
        """The packet with the UDP header."""
        return self.packets[0]


def assemble(frames: list[bytes]) -> Datagram:
    """The UDP datagram in these frames, put together by offset; faults of any layer are named."""
    packets = sorted((p for p in (parse(f) for f in frames) if p is not None), key=lambda p: p.offset)
    payload, fault = b"", next((p.fault for p in packets if p.fault), None)
    for packet in packets:
        if packet.offset != len(payload):
            fault = fault or f"fragment at {packet.offset}, {len(payload)} bytes before it"
        payload = payload[: packet.offset] + packet.payload
    if packets[-1].more:
        fault = fault or "the last fragment is missing"
    if len(payload) < 8 or packets[0].protocol != 17:
        return Datagram(tuple(packets), 0, 0, b"", fault or "not UDP")
    sport, dport, length, checksum = struct.unpack_from(">HHHH", payload)
    if length != len(payload):
        fault = fault or f"UDP length {length}, {len(payload)} bytes"
    pseudo = b"".join(ipaddress.ip_address(a).packed for a in (packets[0].src, packets[0].dst))
    pseudo += struct.pack(">HH", 17, length) if packets[0].version == 4 else struct.pack(">II", length, 17)
    if checksum == 0 and packets[0].version == 6 or checksum and ones_sum(pseudo + payload) != 0xFFFF:
        fault = fault or "UDP checksum"
    return Datagram(tuple(packets), sport, dport, payload[8:length], fault)
