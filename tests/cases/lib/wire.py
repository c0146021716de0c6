# SPDX-License-Identifier: BSD-3-Clause
"""Frames and captures, made with scapy: Ethernet, VLAN, IPv4, IPv6, UDP, TCP, fragments, pcap and pcapng."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scapy.layers.inet import IP, TCP, UDP, IPOption
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapWriter


@dataclass(frozen=True)
class Node:
    """One end of a link."""

    mac: str
    ip: str
    port: int = 5060


@dataclass(frozen=True)
class Flow:
    """How a datagram travels: from whom, to whom and under which headers."""

    src: Node
    dst: Node
    vlans: tuple[int, ...] = ()
    options: tuple[IPOption, ...] = ()
    extensions: tuple[Packet, ...] = ()
    ident: int = 1
    mtu: int = 1500
    dont_fragment: bool = False

    def but(self, **changes: Any) -> "Flow":
        """The same path with some fields changed."""
        return replace(self, **changes)

    @property
    def v6(self) -> bool:
        """Whether the addresses are IPv6."""
        return ":" in self.src.ip


CLIENT = Node("02:00:00:00:01:0a", "10.1.0.10")
PEER = Node("02:00:00:00:02:14", "10.2.0.20")
CLIENT6 = Node("02:00:00:00:01:0a", "2001:db8:1::10")
PEER6 = Node("02:00:00:00:02:14", "2001:db8:2::20")
OUTWARD = Flow(CLIENT, PEER)
INWARD = Flow(PEER, CLIENT)
OUTWARD6 = Flow(CLIENT6, PEER6)
INWARD6 = Flow(PEER6, CLIENT6)


def link(path: Flow) -> Packet:
    """Ethernet and its VLAN tags; the outer one of two is a service tag."""
    out: Packet = Ether(src=path.src.mac, dst=path.dst.mac)
    for index, vlan in enumerate(path.vlans):
        outer = index == 0 and len(path.vlans) == 2
        out = out / (Dot1AD(vlan=vlan) if outer else Dot1Q(vlan=vlan))
    return out


def network(path: Flow, protocol: int, payload: bytes, offset: int = 0, more: bool = False) -> bytes:
    """A whole frame around an IP payload, or around a fragment of one."""
    if not path.v6:
        flags = ("MF" if more else "") or ("DF" if path.dont_fragment else 0)
        ip = IP(
            src=path.src.ip, dst=path.dst.ip, id=path.ident, flags=flags, frag=offset // 8, proto=protocol
        )
        ip.options = list(path.options)
        return bytes(link(path) / ip / Raw(payload))
    ip6: Packet = IPv6(src=path.src.ip, dst=path.dst.ip, hlim=64)
    for extension in path.extensions:
        ip6 = ip6 / extension
    if offset or more:
        ip6 = ip6 / IPv6ExtHdrFragment(nh=protocol, offset=offset // 8, m=int(more), id=path.ident)
    else:
        ip6.lastlayer().nh = protocol
    return bytes(link(path) / ip6 / Raw(payload))


def udp_payload(path: Flow, data: bytes) -> bytes:
    """UDP header with a good checksum, and the data."""
    ip = IPv6(src=path.src.ip, dst=path.dst.ip) if path.v6 else IP(src=path.src.ip, dst=path.dst.ip)
    whole = bytes(ip / UDP(sport=path.src.port, dport=path.dst.port) / Raw(data))
    return whole[40:] if path.v6 else whole[20:]


def pieces(path: Flow, payload: bytes, cuts: list[int] | None = None) -> list[tuple[int, bytes, bool]]:
    """An IP payload as (offset, bytes, more): cut at the MTU, or at the given multiples of eight."""
    if cuts is None:
        overhead = (
            48 + sum(len(e) for e in path.extensions)
            if path.v6
            else 20 + sum(len(bytes(o)) for o in path.options)
        )
        room = path.mtu - overhead - (-overhead % 4)
        if len(payload) + overhead <= path.mtu:
            return [(0, payload, False)]
        step = room // 8 * 8
        cuts = list(range(step, len(payload), step))
    edges = [0, *cuts, len(payload)]
    return [(a, payload[a:b], b < len(payload)) for a, b in zip(edges, edges[1:])]


def udp(path: Flow, data: bytes, cuts: list[int] | None = None) -> list[bytes]:
    """The frames of a UDP datagram, in order."""
    return [
        network(path, 17, part, offset, more)
        for offset, part, more in pieces(path, udp_payload(path, data), cuts)
    ]


def tcp(
    path: Flow, data: bytes, flags: str = "PA", seq: int = 1, ack: int = 1, window: int = 8192, **fields: Any
) -> bytes:
    """One TCP segment; further fields as scapy names them (options, urgptr, chksum)."""
    ip = (
        IPv6(src=path.src.ip, dst=path.dst.ip)
        if path.v6
        else IP(src=path.src.ip, dst=path.dst.ip, id=path.ident)
    )
    segment = TCP(
        sport=path.src.port, dport=path.dst.port, flags=flags, seq=seq, ack=ack, window=window, **fields
    )
    return bytes(link(path) / ip / segment / Raw(data)) if data else bytes(link(path) / ip / segment)


def patched(frame: bytes, at: int, value: bytes) -> bytes:
    """A frame with some bytes overwritten; negative positions count from the end."""
    at %= len(frame)
    return frame[:at] + value + frame[at + len(value) :]


@dataclass
class Capture:
    """Frames with their time in nanoseconds since 1970."""

    frames: list[tuple[int, bytes]] = field(default_factory=list)

    def pcap(self, path: Path) -> None:
        """Classic pcap, little-endian, nanoseconds."""
        with PcapWriter(str(path), linktype=1, nano=True, endianness="<", sync=True) as writer:
            writer.write_header(None)
            for time, frame in self.frames:
                writer.write_packet(
                    frame, sec=time // 10**9, usec=time % 10**9, caplen=len(frame), wirelen=len(frame)
                )

    def pcap_big_micro(self, path: Path) -> None:
        """Classic pcap, big-endian, microseconds."""
        out = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
        for time, frame in self.frames:
            out += (
                struct.pack(">IIII", time // 10**9, time % 10**9 // 1000, len(frame), len(frame)) + frame
            )
        path.write_bytes(out)

    def pcapng(self, path: Path, nano: bool = True) -> None:
        """pcapng with one interface, at nanosecond or the default microsecond resolution."""

        def block(kind: int, body: bytes) -> bytes:
            return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

        options = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0) if nano else b""
        out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        out += block(1, struct.pack("<HHI", 1, 0, 0) + options)
        for time, frame in self.frames:
            stamp = time if nano else time // 1000
            head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
            out += block(6, head + frame + bytes(-len(frame) % 4))
        path.write_bytes(out)
