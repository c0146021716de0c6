# SPDX-License-Identifier: BSD-3-Clause
"""THE table of goals: name, limits, how each is measured. And what a run's figures say of them.

A figure is named by its place in what was measured ("stages/verdict/instructions"). Met: no figure exceeds its limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Rows in which a message may not ask for memory.
WITHOUT_ALLOCATIONS = ("verdict", "verdict-plain", "path-forward", "path-refuse", "path-rewrite", "path-other")
#: What bench/flat varies, with its smallest and largest size.
AXES = {"tags": "1 k to 10 M tagged users", "kms": "10 to 10,000 KMSs", "patterns": "10 to 100,000 user patterns",
        "edges": "1 to 1,000 edges", "transactions": "1 k to 1 M transactions"}
MET, NOT_MET, NOT_MEASURED = "met", "not met", "not measured"


@dataclass(frozen=True)
class Limit:
    """The most that a figure may be."""

    figure: str
    most: float
    unit: str


@dataclass(frozen=True)
class Goal:
    """One line of the table."""

    name: str
    what: str
    limits: tuple[Limit, ...]
    how: str
    stage: str | None = None  # whose functions say where the instructions go


def beside_floor(stage: str, times: float) -> tuple[Limit, ...]:
    """At most so many times the floor, in instructions and in time."""
    return (Limit(f"stages/{stage}/instructions_to_floor", times, "x floor (instructions)"),
            Limit(f"stages/{stage}/ns_to_floor", times, "x floor (ns)"))


def flat(axis: str) -> Goal:
    """The same cost at every size."""
    return Goal(f"flat-{axis}", f"verdict at {AXES[axis]}: largest cost over smallest",
                (Limit(f"flat/{axis}/instructions", 1.1, "x (instructions)"), Limit(f"flat/{axis}/ns", 1.6, "x (ns)")),
                "bench/flat/run.py")


GOALS: tuple[Goal, ...] = (
    Goal("verdict", "extract and verdict, 2.7 kB MC INVITE, every rule checked",
         (Limit("stages/verdict/instructions", 3500, "instructions"), Limit("stages/verdict/ns_to_floor", 1.5, "x floor (ns)")),
         "callgrind; time in turns with the floor, one process", "verdict"),
    Goal("no-mikey", "SIP without MIKEY: BYE and OPTIONS of 600-700 bytes",
         (Limit("stages/verdict-plain/instructions", 900, "instructions"),), "callgrind", "verdict-plain"),
    Goal("no-signalling", "a frame that is no signalling, above dpdk-testpmd in mac mode",
         (Limit("frames/above", 120, "instructions"),),
         "callgrind on both programs, the same frames from net_pcap, the forwarding thread", None),
    Goal("path-forward", "whole path, two fragments in and out, forwarded", beside_floor("path-forward", 3),
         "callgrind; time in turns with the floor", "path-forward"),
    Goal("path-refuse", "whole path, two fragments in, 488 and KRR out, unsigned", beside_floor("path-refuse", 4),
         "callgrind; time in turns with the floor", "path-refuse"),
    Goal("path-rewrite", "whole path, a KRR of a recognised form narrowed", beside_floor("path-rewrite", 3),
         "callgrind; time in turns with the floor", "path-rewrite"),
    Goal("beyond-cache", "whole path over more than the last cache holds, over warm", (Limit("cold/ratio", 1.6, "x (ns)"),),
         "bench/cold, in turns, one process"),
    Goal("allocations", "calls for memory a message, worst row", (Limit("allocations", 0, "calls"),),
         "operator new and malloc counted in every row of the packet path"),
    *(flat(axis) for axis in AXES),
    Goal("compile", "policy of 100,000 patterns of the common shapes", (Limit("compile/seconds", 20, "s"),),
         "bench/compile/run.py"),
    Goal("recompile", "a change that touches no pattern", (Limit("compile/change_ms", 100, "ms"),), "bench/compile/run.py"),
    Goal("swap", "commits in traffic: frames lost, verdicts of another generation",
         (Limit("swap/lost", 0, "frames"), Limit("swap/wrong", 0, "verdicts")), "bench/swap"),
)


@dataclass(frozen=True)
class Result:
    """What one run says of one goal."""

    goal: Goal
    figures: tuple[float | None, ...]  # by limit
    state: str
    why: str  # of what was not measured


def look_up(measured: dict[str, Any], place: str) -> float | None:
    """The figure at a place, or None."""
    at: Any = measured
    for step in place.split("/"):
        if not isinstance(at, dict) or step not in at:
            return None
        at = at[step]
    return float(at) if isinstance(at, (int, float)) and not isinstance(at, bool) else None


def reason(measured: dict[str, Any], place: str) -> str:
    """Why there is no figure at a place."""
    absent: dict[str, str] = measured.get("absent", {})
    steps = place.split("/")
    for count in range(len(steps), 0, -1):
        if found := absent.get("/".join(steps[:count])):
            return found
    return f"no such stage: {steps[1]}" if steps[0] == "stages" and len(steps) > 1 else "not asked for"


def judge(goal: Goal, measured: dict[str, Any]) -> Result:
    """One goal. A limit that is exceeded counts even when another figure is missing."""
    figures = tuple(look_up(measured, limit.figure) for limit in goal.limits)
    missing = [limit for limit, figure in zip(goal.limits, figures, strict=True) if figure is None]
    exceeded = any(figure is not None and figure > limit.most for limit, figure in zip(goal.limits, figures, strict=True))
    state = NOT_MET if exceeded else NOT_MEASURED if missing else MET
    return Result(goal, figures, state, reason(measured, missing[0].figure) if missing else "")


def judge_all(measured: dict[str, Any]) -> list[Result]:
    """Every goal, in the order of the table."""
    return [judge(goal, measured) for goal in GOALS]


def allocations(measured: dict[str, Any]) -> float | None:
    """The worst row of the packet path; None when none was measured."""
    rows = [measured.get("stages", {}).get(name) for name in WITHOUT_ALLOCATIONS]
    asked = [float(row["new"]) + float(row["malloc"]) for row in rows if row and "new" in row]
    if (cold := look_up(measured, "cold/allocations")) is not None:
        asked.append(cold)
    return max(asked) if asked else None


def as_json(result: Result) -> dict[str, Any]:
    """A result for a program."""
    return {"goal": result.goal.name, "what": result.goal.what, "how": result.goal.how, "state": result.state,
            "why": result.why, "figures": [{"figure": limit.figure, "value": value, "most": limit.most, "unit": limit.unit}
                                           for limit, value in zip(result.goal.limits, result.figures, strict=True)]}
