# SPDX-License-Identifier: BSD-3-Clause
"""A thousand commits while 5,000 datagrams a second pass: none is lost."""

from __future__ import annotations

import time

from smoke.lib.bed import Bed
from smoke.lib.box import Box, policy
from smoke.lib.calls import HOME, Callee, Caller
from smoke.lib.stream import Stream
from smoke.lib.suite import Context, expect, same, test
from smoke.lib.verdicts import judged

COMMITS, SECONDS, LEAST = 1000, 45, 50


@test("a thousand commits at 5 kpps")
def thousand(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        allowing, refusing = {box.generation()}, set()
        with box.rpc() as control, Stream(bed, rate=5000) as stream:
            caller = Caller(bed, "flow", HOME, HOME, calls=SECONDS * 4, rate=8, seconds=2 * SECONDS)
            start = time.monotonic()
            done = 0
            while done < COMMITS and time.monotonic() - start < SECONDS:
                refuse = done % 2 == 0
                answer = control.call("policy.commit", text=policy("C" if refuse else "A"))
                (refusing if refuse else allowing).add(answer["generation"])
                done += 1
            took = time.monotonic() - start
            caller.process.stop(10)  # SIGUSR1: no new calls
            stream.stop()
        expect(done >= LEAST, f"{done} commits in {took:.0f} s")
        allowed, refused = judged(box.events(), allowing, refusing)
        same(f"datagrams lost of {stream.sent} over {done} commits", (stream.missing, stream.gaps()[:5]), (0, []))
        expect(stream.sent > 2500 * took, f"the sender came to {stream.sent / took:.0f} datagrams a second only")
        same("generation at the end", box.generation(), max(allowing | refusing))
        cut = "" if done == COMMITS else f" (cut off after {SECONDS} s)"
        context.say(
            f"{done} commits{cut} in {took:.1f} s, {stream.sent} datagrams, none lost; {allowed} calls allowed, {refused} refused"
        )
        box.stop()
