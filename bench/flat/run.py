#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a verdict costs as the box grows: users, KMSs, patterns, edges, transactions. Ends with 1 when a limit is passed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from curves import short, svg

ROOT = Path(__file__).resolve().parents[2]
TARGET = "bench/flat_bench"
MOST_INSTRUCTIONS, MOST_NS = 1.1, 1.6
AXES = ("tags", "kms", "patterns", "edges", "transactions")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench/flat/run.py", description=__doc__)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--axis", action="append", choices=AXES, help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and messages")
    parser.add_argument("--no-build", action="store_true", help="take the program as it is")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    parser.add_argument("--svg", metavar="FILE", help="draw the curves, too")
    return parser.parse_args()


def report_of(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Points by axis, with the largest cost over the smallest and what one more entry takes."""
    axes = []
    for name in AXES:
        points = [{k: v for k, v in line.items() if k != "axis"} for line in lines if line["axis"] == name]
        if not points:
            continue
        first, last = points[0], points[-1]
        axes.append({
            "axis": name, "points": points,
            "instructions_ratio": max(p["instructions"] for p in points) / min(p["instructions"] for p in points),
            "ns_ratio": max(p["ns"] for p in points) / min(p["ns"] for p in points),
            "bytes_per_entry": (last["bytes"] - first["bytes"]) / (last["size"] - first["size"])})
    return {"axes": axes, "limits": {"instructions": MOST_INSTRUCTIONS, "ns": MOST_NS}}


def table(report: dict[str, Any]) -> str:
    """For people."""
    out = [f"{'axis':<13}{'size':>8}{'instructions':>14}{'ns':>10}{'min..max':>18}{'refused':>9}"]
    for axis in report["axes"]:
        for p in axis["points"]:
            spread = f"{p['ns_min']:,.0f}..{p['ns_max']:,.0f}"
            out.append(f"{axis['axis']:<13}{short(p['size']):>8}{p['instructions']:>14,.0f}{p['ns']:>10,.0f}{spread:>18}{p['refused']:>9.0%}")
        out.append(f"{'':<13}largest over smallest: {axis['instructions_ratio']:.3f} x instructions (at most {MOST_INSTRUCTIONS}), "
                   f"{axis['ns_ratio']:.2f} x ns (at most {MOST_NS}); {axis['bytes_per_entry']:,.0f} bytes an entry")
    return "\n".join(out)


def main() -> int:
    """Builds, measures, prints."""
    options = arguments()
    directory = Path(options.dir) if Path(options.dir).is_absolute() else ROOT / options.dir
    if not options.no_build:
        done = subprocess.run(["tools/build", "--dir", str(directory), "--targets", TARGET], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr, file=sys.stderr)
            return 2
    lines: list[dict[str, Any]] = []
    for axis in options.axis or AXES:  # a process each: only the tags need a gigabyte
        done = subprocess.run([str(directory / TARGET), *(["--quick"] if options.quick else []), axis], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr)
            return 2
        lines += [json.loads(line) for line in done.stdout.splitlines()]
    report = report_of(lines)
    if options.svg:
        Path(options.svg).write_text(svg(report), encoding="utf-8")
    print(json.dumps(report, indent=1) if options.json else table(report))
    return 0 if all(a["instructions_ratio"] <= MOST_INSTRUCTIONS and a["ns_ratio"] <= MOST_NS for a in report["axes"]) else 1


if __name__ == "__main__":
    sys.exit(main())
