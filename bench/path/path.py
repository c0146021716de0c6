#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames per second of one worker beside dpdk-testpmd (mac mode), on the same frames, in turns.

Both programs take the same capture from net_pcap (infinite_rx), two ports, one forwarding core; both are counted by
DPDK's telemetry. Machines are shared, so the ratio of neighbouring turns counts, and its median.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))

import frames  # noqa: E402
import processes  # noqa: E402

EXAMPLES = """\
examples:
  bench/path/path.py                      64 and 1400 bytes, SIP without MIKEY, a flood of odd KRRs
  bench/path/path.py --kind 64 --rounds 9 one kind, more turns
  bench/path/path.py --json > path.json   the same numbers for a program
"""


def arguments() -> argparse.Namespace:
    """What the call asks for."""
    parser = argparse.ArgumentParser(prog="bench/path/path.py", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--kind", action="append", choices=list(frames.KINDS), help="only these; may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds that a turn counts (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return options


def rate(telemetry: processes.Telemetry, seconds: float) -> float:
    """Frames a second that both ports took in."""
    before, start = telemetry.received(), time.monotonic()
    time.sleep(seconds)
    after, end = telemetry.received(), time.monotonic()
    return (after - before) / (end - start)


def measure(kind: str, options: argparse.Namespace, build: Path, folder: Path) -> dict[str, Any]:
    """One kind of frames through both programs, in turns."""
    capture = folder / f"{kind}.pcap"
    frames.write(kind, capture)
    ours: list[float] = []
    theirs: list[float] = []
    gaps: list[int] = []
    for turn in range(options.rounds):
        command, prefix = processes.testpmd(capture)
        with processes.running(command, prefix, folder / "testpmd.log") as telemetry:
            theirs.append(rate(telemetry, options.seconds))
        command, prefix = processes.kmsgate(build, folder, capture)
        with processes.running(command, prefix, folder / "kmsgate.log") as telemetry:
            ours.append(rate(telemetry, options.seconds))
            gaps.append(longest_gap(telemetry))
        print(f"  {kind}: turn {turn + 1} of {options.rounds}", file=sys.stderr)
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return {"kind": kind, "what": frames.KINDS[kind], "kmsgate": statistics.median(ours),
            "kmsgate_least": min(ours), "kmsgate_most": max(ours), "testpmd": statistics.median(theirs),
            "testpmd_least": min(theirs), "testpmd_most": max(theirs), "ratio": statistics.median(ratios),
            "longest_gap_us": statistics.median(gaps) / 1000, "rounds": options.rounds}


def longest_gap(telemetry: processes.Telemetry) -> int:
    """Nanoseconds between two looks of the worker at its ports, at most."""
    workers = telemetry.ask("/kmsgate/workers")
    values = workers.values() if isinstance(workers, dict) else workers
    return max(int(worker["longest_gap_ns"]) for worker in values)


def table(rows: list[dict[str, Any]]) -> str:
    """The rows for people."""
    lines = ["| frames | kmsgate Mpps (least..most) | testpmd mac Mpps (least..most) | testpmd / kmsgate | longest poll gap |",
             "|---|---|---|---|---|"]
    for row in rows:
        lines.append("| {kind}: {what} | {a:.2f} ({b:.2f}..{c:.2f}) | {d:.2f} ({e:.2f}..{f:.2f}) | {ratio:.2f} | "
                     "{longest_gap_us:.0f} us |".format(
                         a=row["kmsgate"] / 1e6, b=row["kmsgate_least"] / 1e6, c=row["kmsgate_most"] / 1e6,
                         d=row["testpmd"] / 1e6, e=row["testpmd_least"] / 1e6, f=row["testpmd_most"] / 1e6, **row))
    return "\n".join(lines)


def main() -> int:
    """Measures and prints."""
    options = arguments()
    build = Path(options.dir) if Path(options.dir).is_absolute() else ROOT / options.dir
    rows = []
    with tempfile.TemporaryDirectory(prefix="kmsgate-path-") as name:
        folder = Path(name)
        (folder / "policy.yaml").write_text(frames.POLICY)
        subprocess.run([str(build / "control/cli/kmsgatectl"), "policy", "compile", str(folder / "policy.yaml"), str(folder / "bench.table")], check=True, stdout=subprocess.DEVNULL)
        for kind in options.kind or list(frames.KINDS):
            rows.append(measure(kind, options, build, folder))
    print(json.dumps(rows, indent=2) if options.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
