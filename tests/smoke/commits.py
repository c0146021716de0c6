# SPDX-License-Identifier: BSD-3-Clause
"""A policy that changes while calls are under way: each call has one generation's verdict, and nothing is lost."""

from __future__ import annotations

import time

from .lib.bed import Bed
from .lib.box import Box, policy
from .lib.calls import HOME, Callee, Caller
from .lib.process import wait_until
from .lib.stream import Stream
from .lib.suite import Context, expect, same, test
from .lib.verdicts import judged

COMMITS, RATE, CALLS = 20, 20, 120


@test("commits in traffic")
def commits(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build, policy("A")).start()
        Callee(bed, bed.b)
        allowing, refusing = {box.generation()}, set()
        with Stream(bed) as stream:
            caller = Caller(bed, "flow", HOME, HOME, calls=CALLS, rate=RATE, small=bed.loses_fragments())
            for number in range(COMMITS):
                refuse = number % 2 == 0
                done = box.commit(policy("C" if refuse else "A"))
                (refusing if refuse else allowing).add(done["generation"])
                time.sleep(0.1)
            done = caller.finish()
            stream.stop()
        same("generations", len(allowing | refusing), COMMITS + 1)
        same("calls that ended as they must", done["successful"], CALLS)
        wait_until("the events of all calls", lambda: len({e["call_id"] for e in box.events()}) >= CALLS, 5)
        allowed, refused = judged(box.events(), allowing, refusing)
        expect(allowed and refused, f"{allowed} calls allowed and {refused} refused: no change was seen")
        same("datagrams lost", (stream.missing, stream.gaps()[:5]), (0, []))
        same("datagrams twice", stream.twice, 0)
        context.say(
            f"{COMMITS} commits, {allowed} calls allowed, {refused} refused, {stream.sent} datagrams beside them, none lost"
        )
        box.stop()
