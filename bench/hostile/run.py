#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts what hostile messages and streams cost: instructions a byte of a message, instructions a segment of a stream."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = "bench/hostile_count"
#: Bytes of the messages.
SIZES = [4000, 16000, 60000]
#: What one byte of input may cost at the most, in instructions, whatever stands in it.
BOUND = 600
#: Segments of the streams.
SEGMENTS = [750, 1500, 3000]
#: What one segment may cost at the most besides its bytes: little more than a forwarded INVITE does (13,800).
SEGMENT_BOUND = 16000
#: What each of its bytes may cost that an earlier one had; a new one may cost BOUND.
OLD_BOUND = 50
#: How much dearer a byte (a segment) of the largest may be than one of the next smaller: work grows with the input.
GROWTH = 1.5

EXAMPLES = """\
examples:
  bench/hostile/run.py                          every attack in three sizes
  bench/hostile/run.py --attack nested --json
  bench/hostile/run.py --attack riffled         one of the streams
  bench/hostile/run.py --quick                  the largest size and the one before it
"""


@dataclass
class Row:
    """One attack. `cost` is in instructions per byte of the message, by its size."""

    attack: str
    what: str
    ends: str
    frames: int
    cost: dict[int, float]

    @property
    def most(self) -> float:
        return max(self.cost.values())

    @property
    def growth(self) -> float:
        sizes = sorted(self.cost)
        return self.cost[sizes[-1]] / self.cost[sizes[-2]] if len(sizes) > 1 else 1.0

    @property
    def bound(self) -> float:
        return BOUND

    @property
    def met(self) -> bool:
        return self.most <= self.bound

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "most": self.most, "grows": self.growth, "bound": self.bound, "met": self.met}


@dataclass
class StreamRow(Row):
    """One attack on a stream. `cost` is in instructions per segment, by their number; bytes that each of them has."""

    new: float
    old: float

    @property
    def bound(self) -> float:
        return SEGMENT_BOUND + BOUND * self.new + OLD_BOUND * self.old


class Failed(Exception):
    """Something that the person at the terminal has to know."""


def attacks_of(program: str, option: str) -> dict[str, str]:
    listed = subprocess.run([program, option], capture_output=True, text=True, check=True).stdout
    return dict(line.split("\t") for line in listed.splitlines())


def counted(arguments: list[str]) -> list[tuple[list[str], int]]:
    """Runs everything once under callgrind: what the program says of each mark, and the instructions before it."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "callgrind.out"
        run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *arguments],
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Failed("callgrind failed:\n" + "\n".join(run.stderr.splitlines()[-15:]))
        marks = []
        for number, line in enumerate((x for x in run.stdout.splitlines() if x.count("\t") == 4), 1):
            said = line.split("\t")
            text = Path(f"{out}.{number}").read_text()
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            if total is None or f"Client Request: {said[0]}" not in text:
                raise Failed(f"callgrind's part {number} is not that of {said[0]}")
            marks.append((said, int(total.group(1))))
    return marks


def messages(program: str, sizes: list[int], what: dict[str, str], attacks: list[str]) -> list[Row]:
    rows: dict[str, Row] = {}
    for (attack, size, bytes_, frames, ends), total in counted([program, *map(str, sizes), "--", *attacks]):
        row = rows.setdefault(attack, Row(attack, what[attack], ends, int(frames), {}))
        row.ends, row.frames = ends, int(frames)
        row.cost[int(size)] = total / int(bytes_)
    return list(rows.values())


def streams(program: str, sizes: list[int], what: dict[str, str], attacks: list[str]) -> list[StreamRow]:
    rows: dict[str, StreamRow] = {}
    for (attack, size, segments, bytes_, ends), total in counted([program, "--segments", *map(str, sizes), "--", *attacks]):
        row = rows.setdefault(attack, StreamRow(attack, what[attack], ends, int(segments), {}, 0, 0))
        row.new, row.old = (int(n) / int(segments) for n in bytes_.split("+"))
        row.ends, row.frames = ends, int(segments)
        row.cost[int(size)] = total / int(segments)
    return list(rows.values())


def table(rows: list[Row]) -> str:
    sizes = sorted(rows[0].cost)
    head = f"{'attack':<15} " + " ".join(f"{s:>8,}" for s in sizes) + "  growth  frames  ends as"
    lines = ["instructions per byte, by bytes of the message:", head]
    for row in rows:
        cost = " ".join(f"{row.cost[s]:>8,.1f}" for s in sizes)
        lines.append(f"{row.attack:<15} {cost}  {row.growth:>6.2f}  {row.frames:>6}  {row.ends}")
    worst = max(rows, key=lambda r: r.most)
    lines.append(f"dearest: {worst.attack}, {worst.most:,.0f} instructions a byte; bound {BOUND:,}: "
                 f"{'met' if worst.met else 'not met'}")
    return "\n".join([*lines, growth(rows)])


def stream_table(rows: list[StreamRow]) -> str:
    sizes = sorted(rows[0].cost)
    head = f"{'attack':<15} " + " ".join(f"{s:>8,}" for s in sizes) + "  growth  new bytes     old    bound  ends as"
    lines = ["instructions per segment, by segments of the stream:", head]
    for row in rows:
        cost = " ".join(f"{row.cost[s]:>8,.0f}" for s in sizes)
        lines.append(f"{row.attack:<15} {cost}  {row.growth:>6.2f}  {row.new:>9,.1f} {row.old:>7,.1f} {row.bound:>8,.0f}  {row.ends}")
    worst = max(rows, key=lambda r: r.most / r.bound)
    lines.append(f"nearest its bound ({SEGMENT_BOUND:,} a segment, {BOUND} a new byte, {OLD_BOUND} an old one): {worst.attack}, "
                 f"{worst.most:,.0f} of {worst.bound:,.0f}: {'met' if worst.met else 'not met'}")
    return "\n".join([*lines, growth(rows)])


def growth(rows: list[Row] | list[StreamRow]) -> str:
    steep = [r.attack for r in rows if r.growth > GROWTH]
    return "work grows with the input alone" if not steep else f"grows faster than its input: {', '.join(steep)}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/hostile/run.py", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--attack", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="two sizes")
    parser.add_argument("--no-build", action="store_true", help="take the program as it is")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("bench/hostile: valgrind is not installed: run `tools/setup check`", file=sys.stderr)
        return 2
    directory = ROOT / options.dir
    if not options.no_build:
        built = subprocess.run(["tools/build", "--dir", str(directory), "--targets", TARGET], cwd=ROOT, check=False,
                               stdout=subprocess.DEVNULL)
        if built.returncode != 0:
            return 2
    program = str(directory / TARGET)
    first = 1 if options.quick else 0
    try:
        of_messages, of_streams = attacks_of(program, "--list"), attacks_of(program, "--list-segments")
        unknown = [a for a in options.attack if a not in of_messages and a not in of_streams]
        if unknown:
            raise Failed(f"no attack {unknown[0]}: there are {', '.join([*of_messages, *of_streams])}")
        chosen = options.attack or [*of_messages, *of_streams]
        by_byte = [a for a in chosen if a in of_messages]
        by_segment = [a for a in chosen if a in of_streams]
        rows = messages(program, SIZES[first:], of_messages, by_byte) if by_byte else []
        segments = streams(program, SEGMENTS[first:], of_streams, by_segment) if by_segment else []
    except Failed as failed:
        print(f"bench/hostile: {failed}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bound": BOUND, "segment-bound": SEGMENT_BOUND, "old-bound": OLD_BOUND, "growth": GROWTH,
                          "rows": [r.as_json() for r in rows], "streams": [r.as_json() for r in segments]}, indent=1))
    else:
        print("\n\n".join(([table(rows)] if rows else []) + ([stream_table(segments)] if segments else [])))
    return 0 if all(r.met for r in [*rows, *segments]) else 1


if __name__ == "__main__":
    sys.exit(main())
