#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Streams from seeds through kmsgate-replay, held against an independent reading of the same captures.

    run.py [--replay PATH] [--first N] [--count N] [--batch N] [--policy cs|is] [--keep DIR] [--story]

A seed makes one connection; a batch of them shares a capture. Exit 1 when one differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fixed  # noqa: E402
import messages  # noqa: E402
import retold  # noqa: E402
from batch import batch  # noqa: E402
from generate import Maker  # noqa: E402

DEFAULT = messages.HERE.parents[2] / "build/tools/replay/kmsgate-replay"


def seeded(
    binary: Path, policy: str, seeds: list[int], keep: Path | None, shadow: bool
) -> tuple[list[str], Counter[str]]:
    """A batch of connections from their seeds."""
    return batch(binary, policy, [Maker(seed, policy).run() for seed in seeds], keep, shadow)


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description="random TCP streams against an independent reading")
    parser.add_argument("--replay", type=Path, default=DEFAULT)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--policy", choices=list(messages.POLICIES), help="else every other batch")
    parser.add_argument("--keep", type=Path, help="a folder for the captures of the only batch")
    parser.add_argument("--story", action="store_true", help="says what each connection is made of")
    parser.add_argument("--show", type=int, default=100, help="faults to print at most")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        faults = messages.verify(options.replay, Path(name))
    seeds = range(options.first, options.first + options.count)
    groups = [list(seeds[i : i + options.batch]) for i in range(0, len(seeds), options.batch)]
    chosen = [options.policy or list(messages.POLICIES)[group[0] // 50 % 2] for group in groups]
    if options.story:
        for policy, group in zip(chosen, groups):
            for one in (Maker(seed, policy).run() for seed in group):
                print(f"seed {one.seed}, {policy}, {'boxed' if one.boxed else 'at once'}, {len(one.frames)} frames")
                print("".join(f"    {row}\n" for row in one.story), end="")
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        work = [
            pool.submit(seeded, options.replay.resolve(), policy, group, options.keep, index % 4 == 0)
            for index, (policy, group) in enumerate(zip(chosen, groups))
        ]
        if options.first == 0:
            work += [pool.submit(one, options.replay.resolve()) for one in (*fixed.ALL, *retold.ALL)]
        for job in work:
            found, seen = job.result()
            faults += found
            counts += seen
    for fault in faults[: options.show]:
        print(fault)
    print(", ".join(f"{name} {number}" for name, number in sorted(counts.items())))
    wrong = len({fault.split(":")[0] for fault in faults})
    print(f"{len(seeds) - min(wrong, len(seeds))} passed, {wrong} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
