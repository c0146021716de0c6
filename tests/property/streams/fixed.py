# SPDX-License-Identifier: BSD-3-Clause
"""What is no matter of chance: one message cut at every byte, allowed and refused; more than there is room for."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import batch
import messages
from generate import PORTS, Connection, Maker
from reading import OTHER
from segment import ACK, read, write_pcap

from lib import captures

Result = tuple[list[str], Counter[str]]
ROOM = 16_384  # segments kept by all connections together
FLOWS = 4_096  # connections


class Plain(Maker):
    """A connection without chance in it: both ends acknowledge what they would have got."""

    def __init__(self, seed: int, policy: str) -> None:
        super().__init__(seed, policy)
        self.noisy = self.rough = 0.0
        self.narrow = self.made.narrow = False
        self.made.boxed = True
        self.window = {port: 65535 for port in PORTS}
        self.open()

    def send(self, port: str, start: int, end: int) -> None:
        """This stretch of the stream in one segment."""
        self.put(port, self.frame(port, start, bytes(self.stream[port][start:end])))


def cut(seed: int, policy: str, port: str, kind: str, at: int, backwards: bool) -> Connection:
    """Two messages in one connection, the second cut in two; `backwards`: its rear comes first."""
    maker = Plain(seed, policy)
    maker.add(port, "options")
    middle = len(maker.stream[port])
    maker.send(port, 0, middle)
    maker.add(port, kind)
    if maker.stream[port][middle : middle + 2] == b"\r\n":
        at += 4
    end = len(maker.stream[port])
    pieces = [(middle, min(middle + at, end - 1)), (min(middle + at, end - 1), end)]
    for a, b in reversed(pieces) if backwards else pieces:
        maker.send(port, a, b)
    if not maker.over:
        maker.acknowledge(OTHER[port])
        maker.add(port, "options")
        maker.send(port, end, len(maker.stream[port]))
    return maker.made


def boundaries(binary: Path, policy: str, port: str, kind: str, backwards: bool) -> Result:
    """One message at every place of it."""
    size = len(messages.BY_NAME[kind].make(100_000))
    made = [cut(at, policy, port, kind, at, backwards) for at in range(1, size)]
    faults, counts = batch.batch(binary, policy, made, None, False)
    return [f"{kind} from {port} cut at every byte: {fault}" for fault in faults], counts


def allowed(binary: Path) -> Result:
    """An INVITE that passes."""
    return boundaries(binary, "cs", "inside", "invite", False)


def refused(binary: Path) -> Result:
    """One that does not, its rear first."""
    return boundaries(binary, "cs", "inside", "invite-b", True)


def refused_krr(binary: Path) -> Result:
    """A KRR that would have to be narrowed."""
    return boundaries(binary, "cs", "outside", "krr-wide", False)


def run(binary: Path, frames: batch.Frames) -> tuple[list[dict[str, Any]], str, dict[str, set[bytes]]]:
    """Runs a capture that the reading does not know: lines, what was wrong, what left by each port."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for port, rows in frames.items():
            write_pcap(folder / f"{port}-in.pcap", rows)
        lines, wrong = batch.replay(binary, messages.POLICIES["cs"], folder)
        out = {port: captures.read(folder / "enforce" / f"{port}-out.pcap") for port in frames} if not wrong else {}
        if lines and not wrong:
            wrong = "; ".join(batch.sums(lines, sum(map(len, frames.values())), sum(map(len, out.values()))))
        return lines, wrong, {port: {record.data for record in records} for port, records in out.items()}


def mixed(makers: list[Maker]) -> batch.Frames:
    """Their frames by port, at times of their own."""
    rows = sorted((t, i, k, p, f) for i, m in enumerate(makers) for k, (t, p, f) in enumerate(m.made.frames))
    out: batch.Frames = {port: [] for port in PORTS}
    last = 0
    for time, _, _, port, frame in rows:
        last = max(time, last + 1)
        out[port].append((last, frame))
    return out


def segments(binary: Path) -> Result:
    """Connections that leave a gap and go on byte by byte take the room, not the life, of one that is well behaved."""
    hogs = [Plain(seed, "cs") for seed in range(10)]
    for hog in hogs:
        hog.clock = hogs[0].clock + 10**9
        hog.stream["inside"] = bytearray(b"OPTIONS " + b"x" * 5000)
        for at in range(1, 4000):
            hog.numbers["inside"] += 1
            hog.clock += 10_000
            frame = hog.frame("inside", at, bytes(hog.stream["inside"][at : at + 1]))
            hog.made.frames.append((hog.clock, "inside", frame))
    good = Plain(50, "cs")
    good.clock = hogs[0].clock + 10**9
    for _ in range(20):
        start = len(good.stream["inside"])
        good.add("inside", "invite")
        for at in range(start, len(good.stream["inside"]), 200):
            good.send("inside", at, min(at + 200, len(good.stream["inside"])))
        good.acknowledge("outside")
    lines, wrong, _ = run(binary, mixed([*hogs, good]))
    faults = [wrong] if wrong else []
    over = sum(line["reason"] == "tcp-budget" for line in lines if line["event"] == "drop")
    spoken = sum(line["verdict"] == "forward" for line in lines if line["event"] == "message")
    kept = sum(len(line["frames"]) for line in lines if line["event"] == "drop" and line["reason"] != "tcp-budget")
    if over < 10 * 3999 - ROOM or spoken != 20 or kept > ROOM:
        faults.append(f"{over} segments beyond the budget, {kept} kept, {spoken} messages of 20 beside them")
    return [f"room for segments: {fault}" for fault in faults], Counter({"over budget": over})


def connections(binary: Path) -> Result:
    """More connections than the table has room for: the last SYNs do not pass, those before go on."""
    makers = [Plain(seed, "cs") for seed in range(FLOWS + 100)]
    for index, maker in enumerate(makers):
        maker.acknowledge(maker.opener)  # before that it makes room
        maker.made.frames = [
            (10**18 + index * 10**6 + k * 1000, port, frame) for k, (_, port, frame) in enumerate(maker.made.frames)
        ]
    first = makers[0]
    first.clock = 10**18 + len(makers) * 10**6
    port = first.opener
    first.add(port, "options")
    first.send(port, 0, len(first.stream[port]))
    lines, wrong, left = run(binary, mixed(makers))
    faults = [wrong] if wrong else []
    refused = sum(line["reason"] == "tcp-budget" for line in lines if line["event"] == "drop")
    if refused < 100:
        faults.append(f"{refused} SYNs were refused, 100 and more should be")
    spoken = [line["verdict"] for line in lines if line["event"] == "message"]
    if spoken != ["forward"] or first.made.frames[-1][2] not in left.get(OTHER[port], set()):
        faults.append(f"the first connection does not go on: {spoken}")
    segment = read(first.made.frames[-1][2])
    assert segment is not None and segment.flags & ACK
    return [f"room for connections: {fault}" for fault in faults], Counter({"over budget": refused})


ALL = (allowed, refused, refused_krr, segments, connections)
