#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Instructions a frame of kmsgate-dataplane and of dpdk-testpmd (mac mode), by callgrind, on the same frames.

Both programs take a capture from net_pcap (infinite_rx) on two ports until they are stopped, and say then how many
frames that were. Only the instructions of the thread that forwards count, so start-up is not among them.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(ROOT))

import frames  # noqa: E402
import processes  # noqa: E402

from bench.board import counts, shell  # noqa: E402

LEAST_FRAMES = 200_000  # for a mean that start and end of the thread do not show in
OURS = re.compile(r"frames: (\d+) in,")
THEIRS = re.compile(r"Accumulated forward statistics.*?RX-packets: (\d+)", re.S)


class Run:
    """One program under callgrind, on one CPU."""

    def __init__(self, name: str, command: list[str], folder: Path, cpu: int) -> None:
        self.name, self.folder, self.log = name, folder, folder / f"{name}.counted.log"
        words = [*shell.on_cpu(cpu), "valgrind", "--tool=callgrind", "--fair-sched=yes", "--separate-threads=yes",
                 f"--callgrind-out-file={folder / name}.out", *command]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            env=processes.ENVIRONMENT)

    def wait_for_frames(self, prefix: str | None) -> None:
        """Until enough frames have gone through."""
        telemetry = processes.wait_for(prefix, self.process, self.log, 120, 60)
        try:
            end = time.monotonic() + 60
            while telemetry.received() < LEAST_FRAMES and time.monotonic() < end:
                time.sleep(0.1)
        finally:
            telemetry.close()

    def stop(self) -> str:
        """Ends it; what it printed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.log.read_text(errors="replace")

    def profile(self) -> counts.Profile:
        """Of the thread that forwards: after the main one, the busiest."""
        threads = [counts.read(f.read_text().splitlines()) for f in sorted(self.folder.glob(f"{self.name}.out-*"))]
        if len(threads) < 2:
            raise shell.Failed(f"callgrind left no profile of {self.name}'s threads:\n{self.log.read_text()[-1000:]}")
        return max(threads[1:], key=lambda p: p.total)


def measure(build: Path, kind: str) -> dict[str, Any]:
    """Both programs, at the same time: counts do not mind."""
    with tempfile.TemporaryDirectory(prefix="kmsgate-count-") as name:
        folder = Path(name)
        folder.chmod(0o777)  # kmsgate writes its profile after it has dropped its privileges
        (folder / "policy.yaml").write_text(frames.POLICY)
        shell.output([str(build / "control/cli/kmsgatectl"), "policy", "compile", str(folder / "policy.yaml"),
                      str(folder / "bench.table")])
        capture = folder / f"{kind}.pcap"
        frames.write(kind, capture)
        command, prefix = processes.testpmd(capture)
        theirs = Run("testpmd", command, folder, 0)
        command, none = processes.kmsgate(build, folder, capture)
        ours = Run("kmsgate", command, folder, 1)
        try:
            theirs.wait_for_frames(prefix)
            ours.wait_for_frames(none)
        finally:
            said = {run: run.stop() for run in (theirs, ours)}
        found = {}
        for run, pattern in ((theirs, THEIRS), (ours, OURS)):
            if (number := pattern.search(said[run])) is None or int(number[1]) < LEAST_FRAMES // 2:
                raise shell.Failed(f"{run.name} did not say how many frames it took:\n{said[run][-1500:]}")
            profile = run.profile()
            found[run.name] = (profile.total / int(number[1]), int(number[1]), profile)
    per, taken, profile = found["kmsgate"]
    return {"kind": kind, "what": frames.KINDS[kind], "kmsgate": per, "kmsgate_frames": taken,
            "testpmd": found["testpmd"][0], "testpmd_frames": found["testpmd"][1], "above": per - found["testpmd"][0],
            "functions": profile.largest(12, taken)}


def main() -> int:
    """Counts and prints."""
    parser = argparse.ArgumentParser(prog="bench/path/count.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--kind", default="other", choices=list(frames.KINDS), help="which frames (default: other)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of lines")
    options = parser.parse_args()
    try:
        row = measure(Path(options.dir) if Path(options.dir).is_absolute() else ROOT / options.dir, options.kind)
    except shell.Failed as e:
        print(f"bench/path/count.py: {e}", file=sys.stderr)
        return e.code
    if options.json:
        print(json.dumps(row, indent=2))
        return 0
    print(f"{row['kind']}: {row['what']}\nkmsgate      {row['kmsgate']:8.1f} instructions a frame ({row['kmsgate_frames']:,} frames)\n"
          f"testpmd mac  {row['testpmd']:8.1f} ({row['testpmd_frames']:,} frames)\nabove        {row['above']:8.1f}")
    for name, taken in row["functions"]:
        print(f"  {taken:8.1f}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
