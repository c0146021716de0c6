# SPDX-License-Identifier: BSD-3-Clause
"""The capture cases told again over TCP: every message that a case sends by UDP gets a connection of its own, and what was
said of it over UDP must be said of it there too, but for what a stream cannot do."""

from __future__ import annotations

import functools
import random
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import messages
from reading import OTHER, body_size
from segment import ACK, PSH, SYN, End, Wire, build, mss, read, write_pcap

sys.path.insert(0, str(messages.HERE.parents[1] / "cases"))

from lib import captures, case, program  # noqa: E402

CASES = messages.HERE.parents[1] / "cases"
# Left out: what lives by the transactions of UDP (2xx), asks for captures of another kind, or has no replay of its own.
LEFT_OUT = re.compile(r"(1(0[4-9]|1\d|2[0-9])|2\d\d|312|323|326|327|34\d|409|41[346]|45\d|5\d\d)_")
SAME = ("kind", "method", "status", "call_id", "cseq", "branch", "mikey", "user", "side", "rule", "reason")


@dataclass
class Told:
    """A message of a case: what came, and what was said of it over UDP."""

    line: dict[str, Any]
    port: str
    data: bytes
    packet: captures.Packet
    ports: tuple[int, int]


def clean(data: bytes) -> bool:
    """Whether every reader ends this message where the datagram ends."""
    cut = data.find(b"\r\n\r\n")
    head = data[:cut]
    if cut < 0 or b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b""):
        return False
    size = body_size(head)
    return size is not None and cut + 4 + size == len(data)


def inputs_of(folder: Path, paths: dict[str, Path] | None) -> program.Inputs:
    """What a case gives to the program, with these captures or its own."""
    if (folder / "case.yaml").exists():
        loaded = case.Case.load(folder)
        return loaded.inputs(loaded.captures if paths is None else paths)
    own = {port: folder / f"{port}-in.pcap" for port in OTHER}  # the disguises
    return program.Inputs(CASES / "policy.yaml", "mc1-edge", own if paths is None else paths, [])


def told(folder: Path, binary: Path, work: Path) -> list[Told]:
    """Runs a case as it is."""
    inputs = inputs_of(folder, None)
    result = program.run(binary, inputs, work)
    frames = {port: inputs.frames(port) for port in OTHER}
    out = []
    for line in result.events:
        if line["event"] != "message" or line["transport"] != "udp" or line["verdict"] == "absorb":
            continue
        datagram = captures.assemble([frames[line["port"]][n - 1].data for n in line["frames"]])
        if datagram.fault is None or datagram.fault == "UDP checksum":
            data = datagram.data.lstrip(b"\r\n")
            out.append(Told(line, line["port"], data, datagram.first, (datagram.sport, datagram.dport)))
    return out


def connection(index: int, one: Told, rng: random.Random) -> list[tuple[str, bytes]]:
    """Its frames: a handshake, and the message in a few segments."""
    packet = one.packet
    wire = Wire(packet.vlans[0][1] if packet.vlans else None, packet.version == 6)
    source, target = ((captures.ipaddress.ip_address(a).packed) for a in (packet.src, packet.dst))
    signalling = one.ports[1] if one.ports[1] in (5060, 5061) else 5060
    me = End(packet.src_mac, source, 20_000 + index)
    peer = End(packet.dst_mac, target, signalling)
    start, back = rng.getrandbits(32), rng.getrandbits(32)
    rows = [
        (one.port, build(wire, me, peer, start, 0, SYN, 65535, b"", mss(1400))),
        (OTHER[one.port], build(wire, peer, me, back, start + 1, SYN | ACK, 65535, b"", mss(1400))),
        (one.port, build(wire, me, peer, start + 1, back + 1, ACK, 65535)),
    ]
    cuts = sorted(rng.sample(range(1, len(one.data)), min(rng.randrange(0, 4), len(one.data) - 1)))
    edges = sorted({0, *cuts, *range(0, len(one.data), 1400), len(one.data)})
    for a, b in zip(edges, edges[1:]):
        rows.append((one.port, build(wire, me, peer, start + 1 + a, back + 1, ACK | PSH, 65535, one.data[a:b])))
    return rows


def faults_of(one: Told, lines: list[dict[str, Any]], left: bool) -> list[str]:
    """Where what was said over TCP parts from what was said over UDP."""
    want = one.line
    spoken = [line for line in lines if line["event"] == "message"]
    if not clean(one.data):  # over TCP its end is elsewhere, or nowhere: then it must not pass where it did not
        if want["verdict"] != "forward" and left:
            return [f"was {want['verdict']} ({want['reason']}), and its end left over TCP"]
        return []
    if len(spoken) != 1:
        return [f"{len(spoken)} lines of one message; {[line.get('reason') for line in lines]}"]
    got = spoken[0]
    verdict = "drop" if want["kind"] == "response" and want["verdict"] != "forward" else want["verdict"]
    faults = [f"{key} is {got[key]}, over UDP {want[key]}" for key in SAME if got[key] != want[key]]
    if got["verdict"] != verdict:
        faults.append(f"verdict is {got['verdict']}, over UDP {want['verdict']}")
    if verdict == "redirect" and got["krr_out"] != want["krr_out"]:
        faults.append(f"krr_out is {got['krr_out']}, over UDP {want['krr_out']}")
    if left != (verdict == "forward"):
        faults.append(f"verdict {verdict}, and the message {'left' if left else 'did not leave'}")
    return faults


def again(folder: Path, binary: Path) -> tuple[list[str], int]:
    """One case: what differs, and how many messages were told again."""
    rng = random.Random(folder.name)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        every = told(folder, binary, work / "udp")
        rows: dict[str, list[tuple[int, bytes]]] = {port: [] for port in OTHER}
        numbers: list[dict[str, set[int]]] = []
        last = 0
        for index, one in enumerate(every):
            time = max(last + 1, int(one.line["time"] * 10**9))
            numbers.append({port: set() for port in OTHER})
            for port, frame in connection(index, one, rng):
                rows[port].append((time, frame))
                numbers[index][port].add(len(rows[port]))
                last = time = time + 1
        paths = {port: work / f"{port}-in.pcap" for port in OTHER}
        for port, path in paths.items():
            write_pcap(path, rows[port])
        result = program.run(binary, inputs_of(folder, paths), work / "tcp")
        if result.code != 0:
            return [f"{folder.name}: exit code {result.code}: {result.errors[-200:]}"], 0
        gone = {port: {record.data for record in result.out.get(port, [])} for port in OTHER}
        faults = []
        for index, one in enumerate(every):
            mine = [e for e in result.events if set(e["frames"]) & numbers[index][e["port"]]]
            final = rows[one.port][max(numbers[index][one.port]) - 1][1]
            segment = read(final)
            assert segment is not None and segment.payload
            for fault in faults_of(one, mine, final in gone[OTHER[one.port]]):
                faults.append(f"{folder.name}, {one.line['call_id']}: {fault}")
        return faults, len(every)


def cases(part: int, binary: Path) -> tuple[list[str], Counter[str]]:
    """A third of the cases that can be told again."""
    faults, counts = [], Counter[str]()
    every = sorted(path.parent for path in CASES.glob("*/gen.py"))
    for folder in [folder for folder in every if not LEFT_OUT.match(folder.name)][part::3]:
        found, many = again(folder, binary)
        faults += [f"told again: {fault}" for fault in found]
        counts["told again"] += many
    return faults, counts


ALL = tuple(functools.partial(cases, part) for part in range(3))
