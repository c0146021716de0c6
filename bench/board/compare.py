# SPDX-License-Identifier: BSD-3-Clause
"""Two revisions beside each other: instructions, and times in turns."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

from . import stages
from .shell import ROOT, Build, Failed, output, revision, say
from .show import aligned, number

TURNS, ROUNDS = 3, 7


def scratch(rev: str, folder: Path) -> Build:
    """A worktree of its own for a revision, built."""
    commit = output(["git", "rev-parse", "--verify", "--quiet", rev + "^{commit}"], accept=(0, 1)).strip()
    if not commit:
        raise Failed(f"no revision {rev}")
    say(f"{rev} into {folder}")
    output(["git", "worktree", "add", "--detach", str(folder), commit])
    build = Build("build", folder)
    build.make([stages.BENCH, stages.COUNT])
    return build


def rows_of(build: Build) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, Any]]]:
    """Stages of a build, and their instructions."""
    of = {stages.COUNT: stages.listed(build, stages.COUNT)}
    try:
        return of, stages.instructions(build, of)
    except Failed as e:
        raise Failed(f"the bench of {build.root} is too old to be compared with: {e}") from None


def measure(build: Build, rev: str) -> list[dict[str, Any]]:
    """One row a stage that both have."""
    place = Path(tempfile.mkdtemp(prefix="kmsgate-compare-"))
    folder = place / "tree"
    try:
        then = scratch(rev, folder)
        build.make([stages.BENCH, stages.COUNT])
        (now_stages, now_counts), (then_stages, then_counts) = rows_of(build), rows_of(then)
        both = {name: what for name, what in now_stages[stages.COUNT].items() if name in then_stages[stages.COUNT]}
        now_ns: dict[str, list[float]] = {name: [] for name in both}
        then_ns: dict[str, list[float]] = {name: [] for name in both}
        for turn in range(TURNS):
            say(f"times, turn {turn + 1} of {TURNS}")
            for of, into in ((then, then_ns), (build, now_ns)):
                for name, row in stages.times(of, {stages.COUNT: both}, ROUNDS, 1000).items():
                    into[name].append(row["ns"])
        return [{"stage": name, "then": then_counts[name]["instructions"], "now": now_counts[name]["instructions"],
                 "ratio": now_counts[name]["instructions"] / then_counts[name]["instructions"],
                 "then_ns": statistics.median(then_ns[name]), "now_ns": statistics.median(now_ns[name]),
                 "ns_ratio": statistics.median(a / b for a, b in zip(now_ns[name], then_ns[name], strict=True))}
                for name in both]
    finally:
        output(["git", "worktree", "remove", "--force", str(folder)], accept=(0, 128))
        shutil.rmtree(place, ignore_errors=True)


def table(rows: list[dict[str, Any]], rev: str) -> str:
    """The rows for people."""
    head = ["stage", f"instructions {rev}", f"now {revision(ROOT)}", "ratio", f"ns {rev}", "ns now", "ratio"]
    return "\n".join(aligned(head, [[r["stage"], number(r["then"], ",.0f"), number(r["now"], ",.0f"), number(r["ratio"], ".3f"),
                                     number(r["then_ns"], ",.0f"), number(r["now_ns"], ",.0f"), number(r["ns_ratio"], ".2f")]
                                    for r in rows]))
