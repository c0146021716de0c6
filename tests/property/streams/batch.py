# SPDX-License-Identifier: BSD-3-Clause
"""A capture of many connections through kmsgate-replay: what must hold for the whole of it, and for each of them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import messages
from generate import Connection
from judge import Input, Judge, Output
from reading import OTHER
from segment import read, write_pcap

from lib import captures

Key = frozenset[tuple[bytes, int]]
Frames = dict[str, list[tuple[int, bytes]]]


def key_of(frame: bytes) -> Key | None:
    """The connection of a frame."""
    segment = read(frame)
    return None if segment is None else frozenset([segment.source, segment.target])


def replay(
    binary: Path, policy: messages.Policy, folder: Path, mode: str = "enforce"
) -> tuple[list[dict[str, Any]], str]:
    """Runs it: event lines, and what was wrong. Outputs stand in a folder of the mode's name."""
    out = folder / mode
    out.mkdir(exist_ok=True)
    command = [binary, "--policy", policy.file, "--edge", policy.edge, "--events", out / "events", "--mode", mode]
    for port in ("inside", "outside"):
        command += [f"--{port}-in", folder / f"{port}-in.pcap", f"--{port}-out", out / f"{port}-out.pcap"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    if done.returncode != 0:
        return [], f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}"
    text = (out / "events").read_text()
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


def watched(lines: list[dict[str, Any]], came: Frames, left: Frames) -> list[str]:
    """Shadow mode: everything leaves as it came and when it came; but what IP itself does not bear may not."""
    faults = []
    for port, frames in came.items():
        went = [frame for frame in left[OTHER[port]]]
        missing = 0
        for frame in frames:
            if missing < len(went) and went[missing] == frame:
                missing += 1
            elif (segment := read(frame[1])) is None or segment.sound:
                faults.append(f"shadow: a frame of {port} at {frame[0]} did not leave in its turn")
                break
        if missing < len(went) and not faults:
            faults.append(f"shadow: {len(went) - missing} frames left by {OTHER[port]} that did not come")
    bad = [line for line in lines if line["event"] == "message" and line["verdict"] != "forward"]
    return faults + [f"shadow: verdict {line['verdict']} for {line['call_id']}" for line in bad]


def would(lines: list[dict[str, Any]], judge: Judge) -> list[str]:
    """Shadow mode: what was said in earnest stands there too, with the verdict as `would`."""
    by_call = {line["call_id"]: line for line in lines if line["event"] == "message"}
    faults = []
    for want in judge.reading.lines:
        line = by_call.get(f"call-{want.number}@client.example")
        if line is None:
            faults.append(f"seed {judge.made.seed}: shadow: no line for call-{want.number}")
        elif (line["reason"], tuple(line["frames"])) != (want.reason, want.frames) or (
            (line["would"] or "forward") == "forward"
        ) != (want.verdict == "forward"):
            faults.append(f"seed {judge.made.seed}: shadow: call-{want.number}: {line['would']}, {line['reason']}")
    return faults


def batch(
    binary: Path, policy: str, made: list[Connection], keep: Path | None, shadow: bool
) -> tuple[list[str], Counter[str]]:
    """Writes the capture of some connections, runs it, judges each of them."""
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
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for port, frames in files.items():
            write_pcap(folder / f"{port}-in.pcap", frames)
        lines, wrong = replay(binary, messages.POLICIES[policy], folder)
        if wrong:
            return [f"seeds {made[0].seed}..{made[-1].seed}: {wrong}"], Counter()
        out = {port: captures.read(folder / "enforce" / f"{port}-out.pcap") for port in files}
        watching: list[dict[str, Any]] = []
        if shadow:
            watching, wrong = replay(binary, messages.POLICIES[policy], folder, "shadow")
            seen = {p: [(r.time, r.data) for r in captures.read(folder / "shadow" / f"{p}-out.pcap")] for p in files}
            faults = [f"shadow: {wrong}"] if wrong else watched(watching, files, seen)
    owner = {frozenset([(e.address, e.port) for e in one.ends.values()]): i for i, one in enumerate(made)}
    by_frame = {(port, number): i for i, rows in enumerate(inputs) for _, port, number, _ in rows}
    outputs: list[list[Output]] = [[] for _ in made]
    faults += sums(lines, len(everything), sum(map(len, out.values())))
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
        if shadow and not one.narrow:  # who runs out of room goes on only where somebody acknowledges
            faults += would(watching, judge)
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
