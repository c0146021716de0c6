# SPDX-License-Identifier: BSD-3-Clause
"""What the gate makes of its own in a TCP connection: resets, acknowledgements, answers, retransmissions."""

from __future__ import annotations

import ipaddress
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import check
from .captures import Datagram, Packet, ones_sum, parse
from .fields import nanoseconds
from .program import OTHER, Inputs, Line, Result

if TYPE_CHECKING:
    from .audit import Leaving

FIN, SYN, RST, ACK = 1, 2, 4, 16
_START = re.compile(rb"(?:[A-Z]+ \S+ SIP/2\.0|SIP/2\.0 \d{3} [^\r\n]*)\r\n")


@dataclass(frozen=True)
class Segment:
    """A TCP segment as it stands in a frame."""

    packet: Packet
    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    data: bytes
    fault: str | None

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """Source and destination."""
        return self.packet.src, self.sport, self.packet.dst, self.dport


def segment(frame: bytes) -> Segment | None:
    """Reads a frame; None when it holds no whole TCP segment."""
    packet = parse(frame)
    if packet is None or packet.protocol != 6 or packet.fragment or len(packet.payload) < 20:
        return None
    tcp = packet.payload
    sport, dport, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", tcp)
    pseudo = b"".join(ipaddress.ip_address(a).packed for a in (packet.src, packet.dst))
    pseudo += struct.pack(">II", len(tcp), 6) if packet.version == 6 else struct.pack(">HH", 6, len(tcp))
    fault = packet.fault or (None if ones_sum(pseudo + tcp) == 0xFFFF else "TCP checksum")
    return Segment(packet, sport, dport, seq, ack, flags, tcp[(offset >> 4) * 4 :], fault)


def kinds(out: "Leaving") -> dict[int, str]:
    """Generated segments by their position in the output: RST, ACK, `answer STATUS`, data."""
    found = {}
    for position, (source, record) in enumerate(out.frames, 1):
        made = segment(record.data) if source is None else None
        if made is None:
            continue
        if made.flags & RST:
            found[position] = "RST"
        elif not made.data:
            found[position] = "ACK"
        elif made.data.startswith(b"SIP/2.0 "):
            found[position] = f"answer {made.data[8:11].decode()}"
        else:
            found[position] = "data"
    return found


def common(mine: list[Line], theirs: list[Line]) -> list[Line]:
    """The first lines of `mine` that are those of `theirs`, by port and frames and identity."""
    keys = ("port", "frames", "call_id", "cseq", "method", "status")
    rest, out = list(mine), []
    for line in theirs:
        same = next((i for i, one in enumerate(rest) if all(one[k] == line[k] for k in keys)), None)
        if same is not None:
            out.append(rest.pop(same))
    return out


def _request(line: Line, frames: list[bytes]) -> Datagram | None:
    """The message of a line, out of the segments that brought it."""
    parts = [one for one in map(segment, frames) if one is not None]
    if not parts:
        return None
    base, text = min(parts, key=lambda p: (p.seq - parts[0].seq + (1 << 31)) & 0xFFFFFFFF).seq, bytearray()
    for part in sorted(parts, key=lambda p: (p.seq - base) & 0xFFFFFFFF):
        at = (part.seq - base) & 0xFFFFFFFF
        text += part.data[max(0, len(text) - at) :]
    found = text.find(str(line["call_id"]).encode())
    starts = [m.start() for m in _START.finditer(text) if m.start() < found]
    last = parts[-1]
    return Datagram((last.packet,), last.sport, last.dport, bytes(text[starts[-1] :]), None) if starts else None


def faults(result: Result, inputs: Inputs, out: dict[str, "Leaving"]) -> list[str]:
    """Every generated segment is sound and explained by a line; every refusal takes its connection down."""
    found: list[str] = []
    made = {port: [] for port in OTHER}  # type: dict[str, list[tuple[int, Segment]]]
    for port, leaving in out.items():
        for position, (source, record) in enumerate(leaving.frames, 1):
            one = segment(record.data) if source is None else None
            if one is None:
                continue
            made[port].append((record.time, one))
            if one.fault:
                found.append(f"{port}-out, frame {position}: {one.fault}")
    for number, line in enumerate(result.events, 1):
        if line.get("transport") != "tcp" or line.get("verdict") == "forward":
            continue
        where, port, time = f"line {number}", str(line["port"]), nanoseconds(line)
        arrived = inputs.frames(port)
        asked = _request(line, [arrived[n - 1].data for n in line["frames"]])
        if asked is None:
            found.append(f"{where}: no message in its frames")
            continue
        ends = (asked.first.src, asked.sport, asked.first.dst, asked.dport)
        back = [s for t, s in made[port] if t == time and s.ends == ends[2:] + ends[:2]]
        forth = [s for t, s in made[OTHER[port]] if t == time and s.ends == ends]
        if not any(s.flags & RST for s in back) or not any(s.flags & RST for s in forth):
            found.append(f"{where}: {line['verdict']} over TCP without a reset to both ends")
        said = b"".join(s.data for s in back)
        if (line["verdict"] in ("redirect", "reject")) != bool(said):
            found.append(f"{where}: {line['verdict']}, {len(said)} bytes of answer")
        if said:
            first = next(s for s in back if s.data)
            got = Datagram((first.packet,), first.sport, first.dport, said, None)
            status = 400 if line["reason"] == "malformed-sip" else 488
            wrong = check.answer(asked, got, status, 65535, tcp=True)
            if line["verdict"] == "redirect":
                wrong += check.redirect(got, line["krr_out"], line["mikey"], time)
            else:
                wrong += check.without_body(got, status == 488)
            found += [f"{where}: answer: {fault}" for fault in wrong]
    return found
