# SPDX-License-Identifier: BSD-3-Clause
"""Load from kmsgate-traffic: at a rate, with nothing lost, and every verdict what the policy foretells."""

from __future__ import annotations

import json

from .lib.bed import Bed
from .lib.box import EDGE, Box
from .lib.process import wait_until
from .lib.suite import Context, expect, same, test

RATE, FRAMES = 3000, 15000


@test("load into a cut wire")
def cut(context: Context) -> None:
    """Where nothing comes out everything is lost, and the exit code says so."""
    with Bed(context.folder) as bed:
        if not bed.own:
            context.say("left out: other ports carry frames by themselves")
            return
        program = str(context.build / "tools/traffic/kmsgate-traffic")
        ports = [f"{side.interface}@{side.space.name}" for side in bed.sides]
        run = bed.spawn("traffic", bed.box_space, program, "live", "--inside", ports[0], "--outside", ports[1],
                        "--count", "300", "--timeout", "0.3", "--max-loss", "99", "--json")
        same("exit", run.wait(30), 1)
        said = json.loads(run.text())
        expect(said["sent"] >= 200, str(said))
        same("lost", (said["lost"], said["fates"]), (said["sent"], {"gone": said["sent"]}))
        before = sent_by(bed)
        slow = bed.spawn("slow", bed.box_space, program, "live", "--inside", ports[0], "--outside", ports[1],
                         "--duration", "60", "--rate", "100", "--timeout", "0.2", "--json", "--quiet")
        wait_until("frames that leave", lambda: sent_by(bed) > before + 20, 10)
        same("exit after SIGTERM", slow.stop(), 0)
        same("interrupted", json.loads(slow.text())["interrupted"], True)


def sent_by(bed: Bed) -> int:
    """Frames that left side A."""
    said = json.loads(bed.a.space.ip("-s", "-j", "link", "show", "dev", bed.a.interface))
    return said[0]["stats64"]["tx"]["packets"]


@test("load with foretold verdicts")
def load(context: Context) -> None:
    with Bed(context.folder) as bed:
        if bed.loses_fragments():
            context.say(f"left out: {bed.driver()} loses IPv4 fragments")
            return
        box = Box(bed, context.build).start()
        program = str(context.build / "tools/traffic/kmsgate-traffic")
        users = bed.folder / "users.csv"
        made = ["--profile", "mc", "--mix", "hostile=6", "--share", "vlan=20", "--policy", str(box.policy), "--edge", EDGE]
        tags = bed.spawn("tags", bed.box_space, program, "make", "--out", "first.pcap", "--count", "1", "--tags", str(users), *made)
        same("exit of make", tags.wait(30), 0)
        box.ctl("user", "load", str(users))
        ports = [f"{side.interface}@{side.space.name}" for side in bed.sides]
        run = bed.spawn("traffic", bed.box_space, program, "live", "--inside", ports[0], "--outside", ports[1], *made,
                        "--rate", str(RATE), "--count", str(FRAMES), "--expect", "--max-loss", "0", "--timeout", "10", "--quiet", "--json")
        code = run.wait(120)
        expect(run.text().startswith("{"), f"exit {code}: {run.errors()[-2000:]}")
        said = json.loads(run.text())
        same("exit, lost, not as expected, twice", (code, said["lost"], said["mismatches"], said["duplicates"]), (0, 0, 0, 0))
        same("frames that were not taken or not read", (said["not_taken"], said["overrun"]), (0, 0))
        for fate in ("forwarded", "redirected", "rejected", "rewritten", "absorbed"):
            expect(said["fates"].get(fate, 0) > 5, f"{fate}: {said['fates']}")
        counted = box.ctl("stats", "show")["edges"][EDGE]["verdicts"]
        seen = {v: said["fates"].get(f, 0) for v, f in (("redirect", "redirected"), ("reject", "rejected"), ("rewrite", "rewritten"))}
        same("verdicts that the box counts", {v: counted.get(v, 0) for v in seen}, seen)
        late = said["latency_ns"]["forwarded"]
        context.say(f"{said['frames_sent']} frames at {said['rate']:.0f} a second, none lost; forwarded in "
                    f"{late['p50'] / 1e3:.0f} us, 99 % {late['p99'] / 1e3:.0f} us")
        box.stop()


@test("load over TCP with foretold verdicts")
def streams(context: Context) -> None:
    """Calls over TCP: what is accepted passes segment by segment, what is refused takes its connection down behind its answer."""
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        program = str(context.build / "tools/traffic/kmsgate-traffic")
        users = bed.folder / "users.csv"
        made = ["--profile", "tcp", "--share", "unknown-kms=10", "--policy", str(box.policy), "--edge", EDGE]
        tags = bed.spawn("tags", bed.box_space, program, "make", "--out", "first.pcap", "--count", "1", "--tags", str(users), *made)
        same("exit of make", tags.wait(30), 0)
        box.ctl("user", "load", str(users))
        ports = [f"{side.interface}@{side.space.name}" for side in bed.sides]
        run = bed.spawn("streams", bed.box_space, program, "live", "--inside", ports[0], "--outside", ports[1], *made,
                        "--rate", "1000", "--count", "6000", "--expect", "--max-loss", "1", "--timeout", "10", "--quiet", "--json")
        code = run.wait(120)
        expect(run.text().startswith("{"), f"exit {code}: {run.errors()[-2000:]}")
        said = json.loads(run.text())
        # no byte of what is refused comes out, and every KRR is the one foretold
        same("leaked, twice", (said["fates"].get("leaked", 0), said["duplicates"]), (0, 0))
        same("other KRRs", [x for x in said["examples"] if "KRR" in x or "no answer" in x], [])
        # both ends are played from a plan: where the box got no CPU for 40 ms it rightly disbelieves an acknowledgement
        wrong = said["lost"] + said["mismatches"]
        expect(wrong < said["sent"] / 20, f"{wrong} of {said['sent']} not as expected: {said['examples']}")
        expect(said["made"]["answers"] > 5 and said["made"]["resets"] > 20, str(said["made"]))
        expect(said["fates"].get("reset", 0) > 20, str(said["fates"]))
        context.say(f"{said['frames_sent']} segments, {wrong} not as expected; {said['made']['answers']} answers and "
                    f"{said['made']['resets']} resets of the box")
        box.stop()
