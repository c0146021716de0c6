#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts what hostile messages cost: instructions per input byte, from the first frame to the verdict."""

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
SIZES = [4000, 16000, 60000]
#: What one byte of input may cost at the most, in instructions, whatever stands in it.
BOUND = 600
#: How much dearer a byte of the largest message may be than one of the next smaller: work grows with the input.
GROWTH = 1.5

EXAMPLES = """\
examples:
  bench/hostile/run.py                          every attack in three sizes
  bench/hostile/run.py --attack nested --json
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
    def met(self) -> bool:
        return self.most <= BOUND


class Failed(Exception):
    """Something that the person at the terminal has to know."""


def counted(program: str, sizes: list[int], attacks: list[str]) -> list[Row]:
    """Runs everything once under callgrind; a part of its output for each mark, in order."""
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    what = dict(line.split("\t") for line in listed.splitlines())
    unknown = [a for a in attacks if a not in what]
    if unknown:
        raise Failed(f"no attack {unknown[0]}: there are {', '.join(what)}")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "callgrind.out"
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", program, *map(str, sizes)] +
            (["--", *attacks] if attacks else []), capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise Failed("callgrind failed:\n" + "\n".join(run.stderr.splitlines()[-15:]))
        lines = [line.split("\t") for line in run.stdout.splitlines() if line.count("\t") == 4]
        rows: dict[str, Row] = {}
        for number, (attack, size, bytes_, frames, ends) in enumerate(lines, 1):
            text = Path(f"{out}.{number}").read_text()
            total = re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
            if total is None or f"Client Request: {attack}" not in text:
                raise Failed(f"callgrind's part {number} is not that of {attack}")
            row = rows.setdefault(attack, Row(attack, what[attack], ends, int(frames), {}))
            row.ends, row.frames = ends, int(frames)
            row.cost[int(size)] = int(total.group(1)) / int(bytes_)
    return list(rows.values())


def table(rows: list[Row]) -> str:
    sizes = sorted(rows[0].cost)
    head = f"{'attack':<15} " + " ".join(f"{s:>8,}" for s in sizes) + "  growth  frames  ends as"
    lines = ["instructions per byte, by bytes of the message:", head]
    for row in rows:
        cost = " ".join(f"{row.cost[s]:>8,.1f}" for s in sizes)
        lines.append(f"{row.attack:<15} {cost}  {row.growth:>6.2f}  {row.frames:>6}  {row.ends}")
    worst = max(rows, key=lambda r: r.most)
    steep = [r.attack for r in rows if r.growth > GROWTH]
    lines.append(f"dearest: {worst.attack}, {worst.most:,.0f} instructions a byte; bound {BOUND:,}: "
                 f"{'met' if worst.met else 'not met'}")
    lines.append("work grows with the input alone" if not steep else f"grows faster than its input: {', '.join(steep)}")
    return "\n".join(lines)


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
    try:
        rows = counted(str(directory / TARGET), SIZES[1:] if options.quick else SIZES, options.attack)
    except Failed as failed:
        print(f"bench/hostile: {failed}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bound": BOUND, "growth": GROWTH,
                          "rows": [{**asdict(r), "most": r.most, "grows": r.growth, "met": r.met} for r in rows]}, indent=1))
    else:
        print(table(rows))
    return 0 if all(r.met for r in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
