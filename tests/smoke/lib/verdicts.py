# SPDX-License-Identifier: BSD-3-Clause
"""Which generation judged which call."""

from __future__ import annotations

from typing import Any

from .suite import expect, same


def judged(events: list[dict[str, Any]], allowing: set[int], refusing: set[int]) -> tuple[int, int]:
    """Each call has one verdict, that of the generation in its event; how many were allowed and refused."""
    calls: dict[str, set[tuple[int, str]]] = {}
    for event in events:
        if event["kind"] == "request" and event["method"] == "INVITE":
            calls.setdefault(event["call_id"], set()).add((event["generation"], event["verdict"]))
    allowed = refused = 0
    for name, seen in calls.items():
        expect(len(seen) == 1, f"call {name} was judged by more than one generation: {sorted(seen)}")
        generation, verdict = next(iter(seen))
        expect(generation in allowing | refusing, f"call {name}: nobody committed generation {generation}")
        same(
            f"verdict of call {name} by generation {generation}",
            verdict,
            "forward" if generation in allowing else "redirect",
        )
        allowed, refused = allowed + (verdict == "forward"), refused + (verdict == "redirect")
    return allowed, refused
