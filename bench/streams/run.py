#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an allowed INVITE costs over TCP, by the number of connections that are open, beside the same over UDP.

usage: run.py [--dir DIR] [--rounds N] [--flows N,N,...] [--no-instructions] [--json]
examples:
  bench/streams/run.py                       1, 1,000, 100,000 and 1,000,000 connections
  bench/streams/run.py --flows 1,1000        fewer: takes seconds
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"(\d+) connections +(\d+) ns a message \((\d+) segments.*?(\d+) bytes a connection +allocations (\d+)")


def output(*words: str | Path) -> str:
    """What a program prints; its fault ends this one."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{words[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def instructions(program: Path, mark: str, *words: str) -> float:
    """A message, counted by callgrind."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--toggle-collect={mark}", "--callgrind-out-file=/dev/null", str(program), *words],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if collected is None:
        sys.exit(f"callgrind said nothing of {mark}\n{done.stderr}")
    return int(collected.group(1)) / int(done.stdout.split()[-1])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--dir", type=Path, default=ROOT / "build")
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--flows", default="1,1000,100000,1000000")
    asked.add_argument("--no-instructions", action="store_true")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    output(ROOT / "tools/build", "--dir", options.dir, "--targets", "bench/streams_bench bench/path_stages")
    program = options.dir.resolve() / "bench/streams_bench"
    rows = []
    for flows in options.flows.split(","):
        said = LINE.search(output(program, "times", str(options.rounds), flows))
        if said is None:
            sys.exit("streams_bench printed something else")
        row = dict(zip(("connections", "ns", "segments", "bytes", "allocations"), map(int, said.groups()), strict=True))
        if not options.no_instructions:
            row["instructions"] = round(instructions(program, "kmsgate_streams_counted", "count", "2", flows))
        rows.append(row)
    udp = None
    if not options.no_instructions:
        udp = round(instructions(options.dir.resolve() / "bench/path_stages", "kmsgate_path_counted", "count", "path-forward", "2"))
    if options.json:
        print(json.dumps({"streams": rows, "udp_instructions": udp}))
        return
    print("connections   ns a message  instructions  bytes a connection  allocations")
    for row in rows:
        print(f"{row['connections']:>11,}{row['ns']:>15,}{row.get('instructions', 0):>14,}{row['bytes']:>20}{row['allocations']:>13}")
    if udp is not None:
        print(f"over UDP, in two fragments: {udp:,} instructions a message (bench/path)")


if __name__ == "__main__":
    main()
