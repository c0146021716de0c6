# SPDX-License-Identifier: BSD-3-Clause
"""The rows of bench/stages: time beside the floor, instructions, allocations; all a message."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import Any

from . import counts
from .shell import Build, Failed, Usage, on_cpu, output, parsed

BENCH, COUNT, PATH = "bench/stages_bench", "bench/stages_count", "bench/path_stages"
FLOOR = "floor"
#: One line of `path_stages times`
PATH_TIMES = re.compile(r"^(\S+)\s+(\d+) messages\s+(\S+) ns\s+floor\s+(\S+) ns\s+ratio\s+(\S+)\s+new (\S+)\s+malloc (\S+)$")


def prepare(build: Build, more: Sequence[str] = ()) -> None:
    """Builds what measures stages (the whole path's rows where the tree has them), and more."""
    build.make([BENCH, COUNT, *more])
    if build.knows(PATH):
        build.make([PATH])


def listed(build: Build, target: str) -> dict[str, str]:
    """Stages of a program, with what they do."""
    return dict(line.split("\t") for line in output([build.path(target), "--list"]).splitlines())


def known(build: Build) -> dict[str, dict[str, str]]:
    """Stages by the program that has them."""
    return {target: listed(build, target) for target in (COUNT, PATH) if target == COUNT or build.knows(PATH)}


def chosen(stages: dict[str, dict[str, str]], wanted: list[str] | None) -> dict[str, dict[str, str]]:
    """Those that are wanted (None: all), and the floor."""
    every = [name for of in stages.values() for name in of]
    for name in wanted or []:
        if name not in every:
            raise Usage(f"no stage {name}: there are {', '.join(every)}")
    return {program: {name: what for name, what in of.items() if not wanted or name in wanted or name == FLOOR}
            for program, of in stages.items()}


def times(build: Build, stages: dict[str, dict[str, str]], rounds: int, batch_us: int) -> dict[str, dict[str, Any]]:
    """Rows of times. Median over the rounds, and the ratio of the medians of stage and floor."""
    report = parsed([*on_cpu(1), build.path(BENCH), str(rounds), str(batch_us), *stages[COUNT]])
    rows = {}
    for raw in report["stages"]:
        ns, floor = statistics.median(raw["ns"]), statistics.median(raw["floor_ns"])
        rows[raw["stage"]] = {"stage": raw["stage"], "what": raw["what"], "messages": raw["messages"], "ns": ns,
                              "ns_min": min(raw["ns"]), "ns_max": max(raw["ns"]), "floor_ns": floor, "rounds": rounds,
                              "ns_to_floor": ns / floor, "new": raw["new"], "malloc": raw["malloc"]}
    if wanted := stages.get(PATH):
        # it fails when a stage asks for memory, and says so; here that is a goal not met
        printed = output([*on_cpu(1), build.path(PATH), "times", str(rounds)], accept=(0, 1))
        rows |= {row["stage"]: row for row in path_rows(printed, wanted, rounds)}
    return rows


def path_rows(printed: str, wanted: dict[str, str], rounds: int) -> list[dict[str, Any]]:
    """The rows of `path_stages times`."""
    rows = []
    for line in printed.splitlines():
        if (found := PATH_TIMES.match(line)) is None:
            raise Failed(f"path_stages printed what is no row: {line}")
        if found[1] in wanted:
            ns, floor = float(found[3]), float(found[4])
            rows.append({"stage": found[1], "what": wanted[found[1]], "messages": int(found[2]), "ns": ns, "ns_min": None,
                         "ns_max": None, "floor_ns": floor, "rounds": rounds, "ns_to_floor": float(found[5]),
                         "new": float(found[6]), "malloc": float(found[7])})
    return rows


def instructions(build: Build, stages: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Instructions a message of each stage, and the functions that take most of them."""
    names = list(stages[COUNT])
    printed, profiles = counts.run([build.path(COUNT), *names], "kmsgate_bench_counted", each=True)
    lines = [line.split("\t") for line in printed.splitlines()]
    if [line[0] for line in lines] != names or len(profiles) != len(names):
        raise Failed(f"stages_count made {len(profiles)} profiles and {len(lines)} lines for {len(names)} stages")
    rows = {name: row(profile, int(number)) for (name, number), profile in zip(lines, profiles, strict=True)}
    for name in stages.get(PATH, {}):
        printed, profiles = counts.run([build.path(PATH), "count", name, "1"], "kmsgate_path_counted", each=False)
        rows[name] = row(profiles[0], int(printed))
    return rows


def row(profile: counts.Profile, messages: int) -> dict[str, Any]:
    """What a profile says of one message."""
    return {"instructions": profile.total / messages, "functions": profile.largest(12, messages)}


def joined(rows: dict[str, dict[str, Any]], counted: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Times and instructions in one row a stage."""
    floor = counted.get(FLOOR, {}).get("instructions")
    for name, of in counted.items():
        if name in rows:
            rows[name] |= of | {"instructions_to_floor": of["instructions"] / floor if floor else None}
    return rows
