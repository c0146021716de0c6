# SPDX-License-Identifier: BSD-3-Clause
"""Control dies in traffic: the dataplane goes on judging, and the next control takes over with the whole history."""

from __future__ import annotations

from smoke.lib.bed import Bed
from smoke.lib.box import Box, policy
from smoke.lib.calls import HOME, OTHER, Callee, Caller
from smoke.lib.process import wait_until
from smoke.lib.stream import Stream
from smoke.lib.suite import Context, expect, same, test

CALLS = 30


def history(box: Box) -> list[tuple]:
    return [(g["generation"], g["digest"]) for g in box.ctl("policy", "history")["generations"]]


@test("control killed in traffic")
def killed(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        box.commit(policy("A", extra="# second\n").replace("home: B", "home: B, secondary: [C]"))
        before, generation = history(box), box.generation()
        with Stream(bed) as stream:
            good = Caller(bed, "good", HOME, HOME, calls=CALLS, rate=10)
            bad = Caller(bed, "bad", OTHER, HOME, calls=CALLS, rate=10, local=5062)
            wait_until("the first events", lambda: len(box.events()) > 3, 5)
            assert box.control is not None
            box.control.kill()
            wait_until("half of the calls without control", lambda: len(good.counts.read_text().splitlines()) > 2, 5)
            box.ctl("status", code=3)
            box.start_control()
            wait_until("the new control to reach the dataplane", lambda: box.dataplane_status(), 10)
            done = [caller.finish()["successful"] for caller in (good, bad)]
        same("calls that ended as they must", done, [CALLS, CALLS])
        same("datagrams lost", stream.missing, 0)
        same("history", history(box), before)
        same("generation", box.generation(), generation)
        wait_until(
            "the events of the time without control",
            lambda: {
                v: len({e["call_id"] for e in box.events() if e["verdict"] == v and e["method"] == "INVITE"})
                for v in ("forward", "redirect")
            }
            == {"forward": CALLS, "redirect": CALLS},
            5,
        )
        box.commit(policy("A, C"))
        expect(box.generation() > generation, "the new control cannot commit")
        same("a call by the new policy", Caller(bed, "after", OTHER, HOME, local=5064).finish()["successful"], 1)
        context.say(f"{2 * CALLS} calls and {stream.sent} datagrams, no event lost")
        box.stop()
