#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Streams from seeds through kmsgate-replay, held against an independent reading of the same captures.

    run.py [--replay PATH] [--first N] [--count N] [--batch N] [--policy cs|is] [--keep DIR] [--story]

A seed makes one connection; a batch of them shares a capture. Exit 1 when one differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import messages  # noqa: E402
from generate import Connection, Maker  # noqa: E402
from judge import Input, Judge, Output  # noqa: E402
from segment import read, write_pcap  # noqa: E402

from lib import captures  # noqa: E402

DEFAULT = messages.HERE.parents[2] / "build/tools/replay/kmsgate-replay"
Key = frozenset[tuple[bytes, int]]


def key_of(frame: bytes) -> Key | None:
    """The connection of a frame."""
    segment = read(frame)
    return None if segment is None else frozenset([segment.source, segment.target])


def replay(binary: Path, policy: messages.Policy, folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Runs it: event lines, and what was wrong."""
    command = [binary, "--policy", policy.file, "--edge", policy.edge, "--events", folder / "events"]
    for port in ("inside", "outside"):
        command += [f"--{port}-in", folder / f"{port}-in.pcap", f"--{port}-out", folder / f"{port}-out.pcap"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    if done.returncode != 0:
        return [], f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}"
    text = (folder / "events").read_text()
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()], ""


def sums(lines: list[dict[str, Any]], arrived: int, left: int) -> list[str]:
    """The accounting identity of the summary."""
    total = lines[-1]
    if total["event"] != "summary":
        return ["no summary"]
    spoken = [line for line in lines if line["event"] == "message"]
    pairs = {
        "frames_in": (total["frames_in"], arrived),
        "frames_out": (total["frames_out"], left),
        "frames_in + generated": (
            total["frames_in"] + total["generated"],
            total["frames_out"] + total["absorbed"] + total["dropped"] + total["held"],
        ),
        "outcomes": (sum(total["outcomes"].values()), arrived),
        "messages": (total["messages"], len(spoken)),
        "verdicts": ({k: v for k, v in total["verdicts"].items() if v}, dict(Counter(m["verdict"] for m in spoken))),
    }
    return [f"summary: {name} is {one}, should be {two}" for name, (one, two) in pairs.items() if one != two]


def batch(binary: Path, policy: str, seeds: list[int], keep: Path | None) -> tuple[list[str], Counter[str]]:
    """Makes the captures of some seeds, runs them, judges each connection."""
    made = [Maker(seed, policy).run() for seed in seeds]
    everything = sorted(((t, i, k, p, f) for i, one in enumerate(made) for k, (t, p, f) in enumerate(one.frames)))
    numbers = {"inside": 0, "outside": 0}
    inputs: list[list[Input]] = [[] for _ in made]
    files: dict[str, list[tuple[int, bytes]]] = {"inside": [], "outside": []}
    last = 0
    for time, index, _, port, frame in everything:
        last = time = max(time, last + 1)  # one frame at a time: no tie between the ports
        numbers[port] += 1
        inputs[index].append((time, port, numbers[port], frame))
        files[port].append((time, frame))
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for port, frames in files.items():
            write_pcap(folder / f"{port}-in.pcap", frames)
        lines, wrong = replay(binary, messages.POLICIES[policy], folder)
        if wrong:
            return [f"seeds {seeds[0]}..{seeds[-1]}: {wrong}"], Counter()
        out = {port: captures.read(folder / f"{port}-out.pcap") for port in files}
    owner = {frozenset([(e.address, e.port) for e in one.ends.values()]): i for i, one in enumerate(made)}
    by_frame = {(port, number): i for i, rows in enumerate(inputs) for _, port, number, _ in rows}
    outputs: list[list[Output]] = [[] for _ in made]
    faults = sums(lines, len(everything), sum(map(len, out.values())))
    for port, records in out.items():
        for record in records:
            whose = owner.get(key_of(record.data) or frozenset())
            if whose is None:
                faults.append(f"a frame of no connection left by {port}")
            else:
                outputs[whose].append((record.time, port, record.data))
    said: list[list[dict[str, Any]]] = [[] for _ in made]
    for line in lines[:-1]:
        whose_line = {by_frame[line["port"], number] for number in line["frames"]}
        if len(whose_line) != 1:
            faults.append(f"a line of {len(whose_line)} connections: {line}")
        for index in whose_line:
            said[index].append(line)
    counts: Counter[str] = Counter(frames=len(everything), connections=len(made))
    generated = twins = 0
    for one, came, went, told in zip(made, inputs, outputs, said):
        judge = Judge(one, came, sorted(went, key=lambda o: o[0]), told)
        faults += judge.run()
        generated += judge.generated
        twins += judge.twins
        tally(counts, judge)
    if not generated <= lines[-1]["generated"] <= generated + twins:
        faults.append(f"summary: generated is {lines[-1]['generated']}, {generated} were seen")
    return faults, counts


def tally(counts: Counter[str], judge: Judge) -> None:
    """What a connection had in it, so that a run can be seen to have tested something."""
    ending = judge.reading.ending
    counts[f"ended: {ending.why if ending else 'by itself'}"] += 1
    counts["messages"] += len(judge.reading.lines)
    counts["answers"] += any(side.answer for side in judge.side.values())
    counts["generated"] += judge.generated
    counts["disbelieved segments"] += len(judge.reading.invalid)
    counts["held at the end"] += sum(line["reason"] == "capture-end" for line in judge.drops)


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
    policies = [options.policy or list(messages.POLICIES)[group[0] // 50 % 2] for group in groups]
    if options.story:
        for policy, group in zip(policies, groups):
            for seed in group:
                made = Maker(seed, policy).run()
                print(f"seed {seed}, {policy}, {'boxed' if made.boxed else 'at once'}, {len(made.frames)} frames")
                print("".join(f"    {row}\n" for row in made.story), end="")
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        work = [pool.submit(batch, options.replay.resolve(), p, g, options.keep) for p, g in zip(policies, groups)]
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
