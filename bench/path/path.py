#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames per second of one worker beside dpdk-testpmd (mac mode), on the same frames, in turns; and beside floods.

Both programs take the same capture from net_pcap (infinite_rx), two ports, one forwarding core; both are counted by
DPDK's telemetry. Machines are shared, so the ratio of neighbouring turns counts, and its median. A flood comes by one
port, frames that are no signalling by the other: how many of these pass beside it, and how long the worker looks away
from its ports at most; with 50,000 of them a second (bench/flood), how many are lost and how late they are.
"""

from __future__ import annotations

import argparse
import json
import signal
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

BESIDE = ("64", "1400", "bye")  # kinds held beside testpmd unless others are named
FLOODS = ("odd-krr", "slow")
EXAMPLES = """\
examples:
  bench/path/path.py                         64 and 1400 bytes, SIP without MIKEY, floods of odd KRRs and of slow messages
  bench/path/path.py --kind 64 --rounds 9    one kind, more turns
  bench/path/path.py --flood slow --kind 64  one kind, one flood
  bench/path/path.py --capture mix.pcap      frames of a capture, such as kmsgate-traffic makes
  bench/path/path.py --json > path.json      the same numbers for a program
"""


def arguments() -> argparse.Namespace:
    """What the call asks for."""
    parser = argparse.ArgumentParser(prog="bench/path/path.py", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--kind", action="append", choices=list(frames.KINDS), help="only these; may be repeated")
    parser.add_argument("--flood", action="append", choices=[*FLOODS, "none"], help="only these; may be repeated")
    parser.add_argument("--capture", action="append", type=Path, metavar="FILE", help="frames of a capture, too")
    parser.add_argument("--traffic", action="append", metavar="PROFILE", help="frames of a kmsgate-traffic profile, too")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each program (default: 5)")
    parser.add_argument("--flood-rounds", type=int, metavar="N", help="turns of a flood through the program; 0: only bench/flood")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds that a turn counts (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds must be positive")
    return options


def rates(telemetry: processes.Telemetry, seconds: float) -> list[float]:
    """Frames a second that each port took in."""
    before, start = [telemetry.received_by(port) for port in (0, 1)], time.monotonic()
    time.sleep(seconds)
    after, end = [telemetry.received_by(port) for port in (0, 1)], time.monotonic()
    return [(b - a) / (end - start) for a, b in zip(before, after, strict=True)]


def longest_gap(telemetry: processes.Telemetry) -> int:
    """Nanoseconds between two looks of the worker at its ports, at most."""
    workers = telemetry.ask("/kmsgate/workers")
    values = workers.values() if isinstance(workers, dict) else workers
    return max(int(worker["longest_gap_ns"]) for worker in values)


class Bench:
    """Programs, their captures, and a folder for both."""

    def __init__(self, build: Path, folder: Path, options: argparse.Namespace) -> None:
        self.build, self.folder, self.rounds, self.seconds = build, folder, options.rounds, options.seconds
        self.flood_rounds = options.rounds if options.flood_rounds is None else options.flood_rounds
        (folder / "policy.yaml").write_text(frames.POLICY)
        subprocess.run([str(build / "control/cli/kmsgatectl"), "policy", "compile", str(folder / "policy.yaml"),
                        str(folder / "bench.table")], check=True, stdout=subprocess.DEVNULL)

    def capture(self, kind: str) -> Path:
        """The capture of a kind, written once."""
        path = self.folder / f"{kind}.pcap"
        if not path.exists():
            frames.write(kind, path)
        return path

    def ours(self, *captures: Path) -> tuple[list[float], int]:
        """One turn of kmsgate: frames a second by port, longest gap."""
        command, prefix = processes.kmsgate(self.build, self.folder, *captures)
        with processes.running(command, prefix, self.folder / "kmsgate.log") as telemetry:
            return rates(telemetry, self.seconds), longest_gap(telemetry)

    def theirs(self, *captures: Path) -> list[float]:
        """One turn of testpmd."""
        command, prefix = processes.testpmd(*captures)
        with processes.running(command, prefix, self.folder / "testpmd.log") as telemetry:
            return rates(telemetry, self.seconds)

    def beside_testpmd(self, kind: str, what: str, capture: Path) -> dict[str, Any]:
        """One kind of frames through both programs, in turns."""
        ours: list[float] = []
        theirs: list[float] = []
        gaps: list[int] = []
        for turn in range(self.rounds):
            theirs.append(sum(self.theirs(capture)))
            rate, gap = self.ours(capture)
            ours.append(sum(rate))
            gaps.append(gap)
            print(f"  {kind}: turn {turn + 1} of {self.rounds}", file=sys.stderr)
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        return {"kind": kind, "what": what, "frame_bytes": frames.mean_size(capture), "kmsgate": statistics.median(ours),
                "kmsgate_least": min(ours), "kmsgate_most": max(ours), "testpmd": statistics.median(theirs),
                "testpmd_least": min(theirs), "testpmd_most": max(theirs), "ratio": statistics.median(ratios),
                "longest_gap_us": statistics.median(gaps) / 1000, "rounds": self.rounds}

    def steady(self, kind: str) -> dict[str, Any]:
        """A flood beside 50,000 other frames a second, in one process."""
        program = self.build / "bench/flood_bench"
        if not program.exists():
            raise SystemExit(f"bench/path: {program} is not there: `tools/build --targets bench/flood_bench` makes it")
        done = subprocess.run([str(program), str(self.capture(kind)), "50000", str(2 * self.seconds)], check=True, capture_output=True)
        return dict(json.loads(done.stdout))

    def flooded(self, kind: str) -> dict[str, Any]:
        """A flood by the outside port, frames of 64 bytes by the inside one; and these by both, in turns."""
        row = {"kind": kind, "what": frames.KINDS[kind], "steady": self.steady(kind)}
        return row | self.flooded_live(kind) if self.flood_rounds else row

    def flooded_live(self, kind: str) -> dict[str, Any]:
        """The same with as many other frames as there is time for, through the program itself."""
        others, alone, flood, gaps = [], [], [], []
        for turn in range(self.flood_rounds):
            alone.append(sum(self.ours(self.capture("64"))[0]))
            rate, gap = self.ours(self.capture("64"), self.capture(kind))
            others.append(rate[0])
            flood.append(rate[1])
            gaps.append(gap)
            print(f"  flood {kind}: turn {turn + 1} of {self.flood_rounds}", file=sys.stderr)
        return {"others": statistics.median(others),
                "alone": statistics.median(alone), "judged": statistics.median(flood),
                "longest_gap_us": statistics.median(gaps) / 1000, "longest_gap_us_worst": max(gaps) / 1000}


def table(rows: list[dict[str, Any]], floods: list[dict[str, Any]]) -> str:
    """The rows for people."""
    lines = []
    if rows:
        lines += ["| frames | kmsgate Mpps (least..most) | testpmd mac Mpps (least..most) | testpmd / kmsgate | longest poll gap |",
                  "|---|---|---|---|---|"]
    for row in rows:
        lines.append("| {kind}: {what} | {a:.2f} ({b:.2f}..{c:.2f}) | {d:.2f} ({e:.2f}..{f:.2f}) | {ratio:.2f} | "
                     "{longest_gap_us:.0f} us |".format(
                         a=row["kmsgate"] / 1e6, b=row["kmsgate_least"] / 1e6, c=row["kmsgate_most"] / 1e6,
                         d=row["testpmd"] / 1e6, e=row["testpmd_least"] / 1e6, f=row["testpmd_most"] / 1e6, **row))
    if floods:
        lines += ["", "| flood by one port | others at 50,000/s: lost of, 99 % through in (without flood) | flood frames taken, dropped for time, per second "
                  "| longest poll gap (without flood) | others when there is always one, Mpps (without flood), longest gap |", "|---|---|---|---|---|"]
    for row in floods:
        s = row["steady"]
        full = "-" if "others" not in row else f"{row['others'] / 1e6:.2f} ({row['alone'] / 1e6:.2f}), {row['longest_gap_us']:,.0f} us"
        lines.append(f"| {row['kind']}: {row['what']} | {s['lost']} of {s['others']:,}, {s['flooded_us']['p99']:,.0f} us ({s['calm_us']['p99']:,.0f} us) | "
                     f"{s['flood_taken'] / s['seconds']:,.0f}, {s['flood_dropped'] / s['seconds']:,.0f} | "
                     f"{s['longest_gap_us']:,.0f} us ({s['longest_gap_calm_us']:,.0f} us) | {full} |")
    return "\n".join(lines)


def made(build: Path, folder: Path, profile: str) -> Path:
    """A capture of kmsgate-traffic."""
    program, path = build / "tools/traffic/kmsgate-traffic", folder / f"traffic-{profile}.pcap"
    if not program.exists():
        raise SystemExit(f"bench/path: {program} is not there: `tools/build` makes it where the tree has it")
    subprocess.run([str(program), "make", "--out", str(path), "--count", "512", "--profile", profile, "--seed", "1"],
                   check=True, stdout=subprocess.DEVNULL)
    return path


def main() -> int:
    """Measures and prints."""
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    build = Path(options.dir) if Path(options.dir).is_absolute() else ROOT / options.dir
    named = options.kind or options.capture or options.traffic or options.flood
    kinds = options.kind or ([] if named else list(BESIDE))
    floods = [f for f in (options.flood or ([] if named else list(FLOODS))) if f != "none"]
    with tempfile.TemporaryDirectory(prefix="kmsgate-path-") as name:
        bench = Bench(build, Path(name), options)
        wanted = [(kind, frames.KINDS[kind], bench.capture(kind)) for kind in kinds]
        wanted += [(path.name, "frames of a capture", path.resolve()) for path in options.capture or []]
        wanted += [(f"traffic-{profile}", f"kmsgate-traffic, profile {profile}, seed 1", made(build, Path(name), profile))
                   for profile in options.traffic or []]
        rows = [bench.beside_testpmd(*row) for row in wanted]
        flooded = [bench.flooded(kind) for kind in floods]
    print(json.dumps({"path": rows, "floods": flooded}, indent=2) if options.json else table(rows, flooded))
    return 0


if __name__ == "__main__":
    sys.exit(main())
