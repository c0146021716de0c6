#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long control takes with a policy of 100,000 user patterns, from text to a proved table and a plan: at first, and after a
change of one rule."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = "bench/compile_bench"
PATTERNS, MOST_SECONDS, MOST_CHANGE_MS = 100_000, 20.0, 100.0


def main() -> int:
    """Builds, measures, prints; 1 when a limit is passed."""
    parser = argparse.ArgumentParser(prog="bench/compile/run.py", description=__doc__)
    parser.add_argument("--dir", default="build", help="build directory (default: build)")
    parser.add_argument("--quick", action="store_true", help="fewer changes")
    parser.add_argument("--no-build", action="store_true", help="take the program as it is")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    directory = Path(options.dir) if Path(options.dir).is_absolute() else ROOT / options.dir
    if not options.no_build:
        done = subprocess.run(["tools/build", "--dir", str(directory), "--targets", TARGET], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout + done.stderr, file=sys.stderr)
            return 2
    done = subprocess.run([str(directory / TARGET), str(PATTERNS), "2" if options.quick else "9"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        return 2
    report = json.loads(done.stdout)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        print(f"{report['patterns']:,} patterns, {report['kms']:,} KMSs, {report['edges']} edges; text {report['text_bytes']:,} bytes, table {report['table_bytes']:,} bytes")
        print(f"from text to proved table: {report['seconds']:.2f} s (at most {MOST_SECONDS:g})")
        print(f"one user more: {report['user_ms']:.0f} ms, at most {report['user_ms_max']:.0f} of {report['rounds']}")
        print(f"one rule changed: {report['change_ms']:.0f} ms, at most {report['change_ms_max']:.0f} of {report['rounds']} (at most {MOST_CHANGE_MS:g})")
    return 0 if report["seconds"] <= MOST_SECONDS and report["change_ms"] <= MOST_CHANGE_MS else 1


if __name__ == "__main__":
    sys.exit(main())
