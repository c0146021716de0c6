# SPDX-License-Identifier: BSD-3-Clause
"""Measures everything that the table of goals asks for. What cannot be measured is said, with its reason."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import goals, scale, stages
from .shell import ROOT, Build, Failed, cache_bytes, host, on_cpu, parsed, revision, say

PYTHON = "/usr/bin/python3"
TRAFFIC = "tools/traffic/kmsgate-traffic"
SCRIPTED = {"flat": "bench/flat_bench", "compile": "bench/compile_bench"}
TARGETS = ["bench/cold_bench", "bench/swap_bench", "bench/flood_bench", "dataplane/main/kmsgate-dataplane", "control/cli/kmsgatectl"]


@dataclass(frozen=True)
class Effort:
    """How much a run takes: the same measurements, more or fewer rounds."""

    rounds: int  # of stages, and of bench/cold
    batch_us: int
    commits: int
    turns: int  # of programs
    turn_seconds: float
    path: tuple[str, ...]
    traffic: tuple[str, ...]  # profiles of kmsgate-traffic
    floods: tuple[str, ...]
    patience: float | None  # seconds for a script of another bench
    quick: bool


FULL = Effort(rounds=31, batch_us=3000, commits=1000, turns=5, turn_seconds=1.0, path=("64", "1400", "bye"),
              traffic=("signalling", "mixed"),              floods=("odd-krr", "slow"), patience=None, quick=False)
QUICK = Effort(rounds=15, batch_us=500, commits=200, turns=3, turn_seconds=0.3, path=("other",), traffic=(), floods=("odd-krr", "slow"),
               patience=15, quick=True)


class Measured:
    """What has been measured so far; parts may come from two threads."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"absent": {}}
        self.failures: list[str] = []

    def part(self, place: str, measure: Callable[[], dict[str, Any] | None]) -> None:
        """Takes what `measure` returns into the place's values; a failure is kept as the reason that there is none."""
        say(place)
        start = time.monotonic()
        try:
            if (found := measure()) is not None:
                self.values |= found
        except Failed as e:
            first = str(e).splitlines()[0]
            self.values["absent"][place] = first
            self.failures.append(f"{place}: {e}")
        say(f"{place}: {time.monotonic() - start:.1f} s")


def cold(build: Build, effort: Effort) -> dict[str, Any]:
    """bench/cold, with messages that alone exceed the last cache."""
    cache = cache_bytes()
    messages = min(max(16_384, int(1.4 * cache / 2_760) // 1024 * 1024), 49_152)
    raw = parsed([*on_cpu(1), build.path("bench/cold_bench"), str(effort.rounds), str(messages)])
    warm, over = sorted(raw["warm_ns"]), sorted(raw["cold_ns"])
    middle = len(warm) // 2
    return {"cold": {**{k: v for k, v in raw.items() if not k.endswith("_ns")}, "warm_ns": warm[middle], "cold_ns": over[middle],
                     "ratio": over[middle] / warm[middle], "last_cache_bytes": cache}}


def swap(build: Build, effort: Effort) -> dict[str, Any]:
    """bench/swap; frames lost are a goal not met, no failure of the bench."""
    return {"swap": parsed([build.path("bench/swap_bench"), "--json", str(effort.commits)], accept=(0, 1))}


def path(build: Build, effort: Effort) -> dict[str, Any]:
    """bench/path beside testpmd, in turns, and under floods."""
    words = [word for kind in effort.path for word in ("--kind", kind)]
    words += [word for kind in effort.floods or ("none",) for word in ("--flood", kind)]
    words += ["--flood-rounds", "0"] if effort.quick else []
    return dict(parsed([PYTHON, str(ROOT / "bench/path/path.py"), "--json", "--dir", str(build.directory), "--rounds",
                        str(effort.turns), "--seconds", str(effort.turn_seconds), *words]))


def traffic(build: Build, effort: Effort, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same for captures of kmsgate-traffic: more rows of path."""
    if not build.knows(TRAFFIC):
        raise Failed("kmsgate-traffic is not in this tree")
    words = [word for profile in effort.traffic for word in ("--traffic", profile)]
    found = parsed([PYTHON, str(ROOT / "bench/path/path.py"), "--json", "--dir", str(build.directory), "--rounds", str(effort.turns),
                    "--seconds", str(effort.turn_seconds), *words], most=300)
    return {"path": rows + found["path"]}


def frames(build: Build) -> dict[str, Any]:
    """Instructions of a frame that is no signalling, beside testpmd."""
    return {"frames": parsed([PYTHON, str(ROOT / "bench/path/count.py"), "--json", "--dir", str(build.directory)])}


def scripted(place: str, build: Build, effort: Effort, read: Callable[[Any], dict[str, Any]], curves: Path | None = None) -> dict[str, Any]:
    """A bench with a script of its own: bench/PLACE/run.py --json [--quick]; that of flat draws its curves, too."""
    script = ROOT / "bench" / place / "run.py"
    if not script.exists():
        raise Failed(f"bench/{place}/run.py is not in this tree")
    words = ["--dir", str(build.directory), *(["--quick"] if effort.quick else [])]
    if place == "flat" and curves is not None:
        words += ["--svg", str(curves)]
    return {place: read(parsed([PYTHON, str(script), "--json", *words], accept=(0, 1), most=effort.patience))}


def of_stages(measured: Measured, build: Build, wanted: list[str] | None, effort: Effort, instructions: bool) -> list[Callable[[], None]]:
    """The two parts of the stages' rows: times, and instructions; each a job."""
    chosen = stages.chosen(stages.known(build), wanted)
    rows: dict[str, dict[str, Any]] = {}
    counted: dict[str, dict[str, Any]] = {}

    def join(into: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
        into |= found
        return {"stages": stages.joined(rows, counted)} if rows else {}

    jobs = [lambda: measured.part("stages", lambda: join(rows, stages.times(build, chosen, effort.rounds, effort.batch_us)))]
    if instructions:
        jobs.append(lambda: measured.part("instructions", lambda: join(counted, stages.instructions(build, chosen))))
    return jobs


def everything(build: Build, effort: Effort, curves: Path | None = None) -> dict[str, Any]:
    """All goals' figures. A quick run counts instructions beside the times, a full one one after the other. `curves`: where
    bench/flat draws."""
    start = time.monotonic()
    measured = Measured()
    measured.values |= {"host": host(), "revision": revision(build.root), "quick": effort.quick}
    stages.prepare(build, TARGETS)
    if more := [target for target in (TRAFFIC, *SCRIPTED.values()) if build.knows(target)]:
        build.make(more)
    built = time.monotonic()
    time_stages, count_stages = of_stages(measured, build, None, effort, True)

    def timing() -> None:
        time_stages()
        measured.part("cold", lambda: cold(build, effort))
        measured.part("compile", lambda: scripted("compile", build, effort, scale.compile_times))
        measured.part("flat", lambda: scripted("flat", build, effort, scale.flat, curves))

    if effort.quick:
        counter = threading.Thread(target=count_stages)
        counter.start()
        timing()
        measured.part("frames", lambda: frames(build))
        counter.join()
    else:
        timing()
        count_stages()
        measured.part("frames", lambda: frames(build))
    measured.part("swap", lambda: swap(build, effort))
    measured.part("path", lambda: path(build, effort))
    if effort.traffic:
        measured.part("traffic", lambda: traffic(build, effort, measured.values.get("path", [])))
    if (worst := goals.allocations(measured.values)) is not None:
        measured.values["allocations"] = worst
    measured.values["build_seconds"] = built - start
    measured.values["seconds"] = time.monotonic() - built
    measured.values["goals"] = [goals.as_json(result) for result in goals.judge_all(measured.values)]
    for failure in measured.failures:
        print(f"bench: {failure}", file=sys.stderr)
    return measured.values


def some_stages(build: Build, wanted: list[str] | None, effort: Effort, instructions: bool) -> dict[str, Any]:
    """Only the rows of stages."""
    start = time.monotonic()
    stages.prepare(build)
    measured = Measured()
    measured.values |= {"host": host(), "revision": revision(build.root)}
    for job in of_stages(measured, build, wanted, effort, instructions):
        job()
    if measured.failures:
        raise Failed("\n".join(measured.failures))
    measured.values["seconds"] = time.monotonic() - start
    return measured.values
