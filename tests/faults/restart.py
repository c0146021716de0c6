# SPDX-License-Identifier: BSD-3-Clause
"""The dataplane dies and comes back: the last good table judges at once, control gives tags and modes again."""

from __future__ import annotations

import signal
from typing import Any

from smoke.lib.bed import Bed
from smoke.lib.box import EDGE, Box
from smoke.lib.calls import HOME, OTHER, Callee, Caller
from smoke.lib.process import wait_until
from smoke.lib.sniffer import settle
from smoke.lib.suite import Context, same, test


def mode(status: dict[str, Any]) -> str:
    return next((e["mode"] for e in status.get("edges", []) if e["name"] == EDGE), "")


@test("dataplane killed and restarted")
def restarted(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        number = 0

        def crosses(kmsi: str) -> bool:
            """Makes a call; did it reach B, or was it answered by the box?"""
            nonlocal number
            number += 1
            with bed.sniff(bed.b) as far:
                Caller(bed, f"call-{number}", kmsi, HOME, local=5100 + number).finish()
                settle(far)
                return any(b"INVITE sip:" in frame for frame in far.arrived())

        def die_and_come_back() -> None:
            assert box.dataplane is not None
            box.dataplane.kill()
            box.start_dataplane()

        same("calls with A and C", (crosses(HOME), crosses(OTHER)), (True, False))
        generation = box.generation()
        box.ctl("user", "tag", "mc1", "sip:alice@mc1.example", "roaming")
        same("the roaming user's calls with A and C", (crosses(HOME), crosses(OTHER)), (False, True))

        # control is held: what judges now is what the dataplane kept itself
        assert box.control is not None
        box.control.run.send_signal(signal.SIGSTOP)
        die_and_come_back()
        same("calls by the last table, before control came", (crosses(HOME), crosses(OTHER)), (True, False))
        box.control.run.send_signal(signal.SIGCONT)
        wait_until("the tags to come back", lambda: box.dataplane_status().get("tags", {}).get("count") == 1, 10)
        wait_until("the generation to come back", lambda: box.generation() == generation, 10)
        same("the roaming user's calls after the restart", (crosses(HOME), crosses(OTHER)), (False, True))

        box.ctl("edge", "mode", EDGE, "shadow")
        same("a refused call in shadow", crosses(HOME), True)
        die_and_come_back()
        wait_until("the mode to come back", lambda: mode(box.dataplane_status()) == "shadow", 10)
        same("a refused call in shadow after the restart", crosses(HOME), True)
        context.say(f"{number} calls, two restarts")
        box.stop()
