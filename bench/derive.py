#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Cores and memory bandwidth for 10, 100 and 400 Gbit/s, from what a run of bench/run --all --json measured.

What is measured stands in the first table: nanoseconds of one core, by kind of message. The rest is arithmetic over the
mixes that stand below, which are assumptions. A driver's cost is that of net_pcap here (it copies each frame); a NIC's
driver is another, and was not measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Bytes on the wire that no frame of a capture has: preamble, FCS, gap between frames.
AROUND = 8 + 4 + 12
LINE = 64  # bytes of memory that a core takes at once
LINKS = (10, 100, 400)


@dataclass(frozen=True)
class Kind:
    """One kind of message: its frames as captured, and how much of them a core reads."""

    name: str
    what: str
    frames: tuple[int, ...]
    read: int  # bytes of payload and headers
    judged: bool = False  # leaves a transaction


KINDS = {
    "mikey": Kind("mikey", "INVITE of 2,700 bytes with MIKEY, two fragments, forwarded", (1514, 34 + 2708 - 1480), 2776, True),
    "sip": Kind("sip", "SIP without MIKEY of 650 bytes", (692,), 692),
    "64": Kind("64", "no signalling, 64 bytes with FCS", (60,), LINE),
    "1400": Kind("1400", "no signalling, 1,400 bytes with FCS", (1396,), 2 * LINE),
}
#: How many of each kind.
MIXES = {
    "MC signalling": ({"mikey": 1, "sip": 9}, "of ten messages of a private call one has a MIKEY (INVITE; 100, 180, 200, ACK, INFO, BYE and "
                      "their responses have none)"),
    "mixed": ({"mikey": 1, "sip": 9, "64": 495, "1400": 495}, "of 1,000 messages ten are that signalling, the rest media: half of 64 bytes, "
              "half of 1,400"),
}


def costs(measured: dict[str, Any]) -> tuple[dict[str, float], list[str]]:
    """Nanoseconds of a core by kind, and where each comes from. Raises KeyError for what the run did not measure."""
    path = {row["kind"]: row for row in measured["path"]}
    stage = measured["stages"]["path-forward"]["ns"]
    driver = 1e9 / path["1400"]["testpmd"]
    ns = {"mikey": stage + 2 * driver, **{kind: 1e9 / path[name]["kmsgate"] for kind, name in (("sip", "bye"), ("64", "64"), ("1400", "1400"))}}
    origin = [f"stage path-forward ({stage:,.0f} ns) and twice the frame of 1,400 bytes through testpmd ({driver:,.0f} ns)",
              *("kmsgate-dataplane, bench/path" for _ in range(3))]
    return ns, origin


def transaction_bytes(measured: dict[str, Any]) -> float:
    """What one transaction takes in memory: bench/cold holds so many of it."""
    return float(measured["cold"]["transaction_bytes"]) / 65_536


def memory_bytes(kind: Kind, transaction: float) -> float:
    """Bytes over the memory bus for one message when no cache helps: in by the NIC, read by the core, out by the NIC; a
    transaction is written when it begins and read when it ends, two users are looked up in two lines each."""
    return 2 * sum(kind.frames) + kind.read + (2 * transaction + 4 * LINE if kind.judged else 0)


def mix_lines(name: str, ns: dict[str, float], transaction: float) -> list[str]:
    """The rows of one mix."""
    parts, _ = MIXES[name]
    count = sum(parts.values())
    wire = sum(n * sum(size + AROUND for size in KINDS[kind].frames) for kind, n in parts.items()) / count
    core = sum(n * ns[kind] for kind, n in parts.items()) / count
    memory = sum(n * memory_bytes(KINDS[kind], transaction) for kind, n in parts.items()) / count
    lines = []
    for gigabits in LINKS:
        rate = gigabits * 1e9 / 8 / wire
        lines.append(f"| {name} | {gigabits} | {rate / 1e6:,.2f} | {rate * core / 1e9:,.2f} | {rate * memory / 1e9:,.1f} |")
    return lines


def measured_lines(row: dict[str, Any]) -> list[str]:
    """The rows of a mix whose frames went through the program itself."""
    ns, wire = 1e9 / row["kmsgate"], row["frame_bytes"] + AROUND
    return [f"| {row['kind']} ({row['frame_bytes']:,.0f} bytes, {ns:,.0f} ns a frame) | {gigabits} | {gigabits * 1e3 / 8 / wire:,.2f} | "
            f"{gigabits / 8 / wire * ns:,.2f} |" for gigabits in LINKS]


def derive(measured: dict[str, Any]) -> str:
    """The derivation, in Markdown."""
    try:
        ns, origin = costs(measured)
        transaction = transaction_bytes(measured)
    except (KeyError, TypeError, ZeroDivisionError) as e:
        return f"Not derived: the run did not measure {e}."
    cycles = measured["host"]["mhz"] / 1000
    lines = [f"Measured ({measured['host']['cpu']}, {measured['host']['mhz']:,.0f} MHz as the machine says):", "",
             "| one message | ns of a core | cycles | from |", "|---|---|---|---|"]
    for (kind, cost), where in zip(ns.items(), origin, strict=True):
        lines.append(f"| {KINDS[kind].what} | {cost:,.0f} | {cost * cycles:,.0f} | {where} |")
    lines += ["", "Arithmetic, one direction of a full link, cores at 100 %:", "",
              "| mix | Gbit/s | million messages/s | cores | memory GB/s |", "|---|---|---|---|---|"]
    for name in MIXES:
        lines += mix_lines(name, ns, transaction)
    if mixes := [row for row in measured["path"] if row["kind"].startswith("traffic-")]:
        lines += ["", "Captures of kmsgate-traffic, measured whole by bench/path; only the multiplication is arithmetic:", "",
                  "| capture | Gbit/s | million frames/s | cores |", "|---|---|---|---|"]
        for row in mixes:
            lines += measured_lines(row)
    lines += ["", *(f"- {name}: {what}." for name, (_, what) in MIXES.items()),
              f"- Wire bytes: {AROUND} more a frame than captured (preamble, FCS, gap). Memory: every frame in and out once by the NIC, what a core "
              f"reads once, {transaction:,.0f} bytes a transaction twice, two users' lines; caches (DDIO) can only lessen it.",
              "- net_pcap copies every frame, which is in the figures; the driver of a NIC does not, and was not measured here."]
    return "\n".join(lines)


def main() -> int:
    """Reads a run, prints the derivation."""
    parser = argparse.ArgumentParser(prog="bench/derive.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="what bench/run --all --json printed")
    options = parser.parse_args()
    try:
        measured = json.loads(options.run.read_text())
    except (OSError, ValueError) as e:
        print(f"bench/derive.py: {options.run}: {e}", file=sys.stderr)
        return 2
    print(derive(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
