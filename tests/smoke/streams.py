# SPDX-License-Identifier: BSD-3-Clause
"""SIP over the kernel's TCP: calls of SIPp, thousands of messages on one connection, bad weather, closing windows."""

from __future__ import annotations

import re

from cases.lib import captures, krr

from .lib import pipe
from .lib.bed import Bed
from .lib.box import EDGE, Box, policy
from .lib.calls import HOME, OTHER, Callee, Caller, call_ids
from .lib.pipe import Pipe, Way
from .lib.process import wait_until
from .lib.sniffer import settle
from .lib.suite import Context, expect, same, test
from .lib.weather import Weather

CALLS = 10
LONGEST_PAUSE = 10.0  # seconds without a byte that a direction may have, however bad the weather


def segments(frames: list[bytes]) -> list[captures.Packet]:
    """TCP segments with payload."""
    packets = [p for p in map(captures.parse, frames) if p is not None and p.protocol == 6]
    return [p for p in packets if len(p.payload) > 4 * (p.payload[12] >> 4)]


def payload(frames: list[bytes]) -> bytes:
    return b"".join(p.payload[4 * (p.payload[12] >> 4) :] for p in segments(frames))


def count(box: Box, name: str) -> int:
    return box.ctl("stats", "show")["edges"][EDGE]["counters"].get(name, 0)


def calls(context: Context, transport: str) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b, transport="t1")
        with bed.sniff(bed.a) as near, bed.sniff(bed.b) as far:
            done = Caller(bed, "allowed", HOME, HOME, calls=CALLS, transport=transport).finish()
            settle(near, far)
            same("successful calls", done["successful"], CALLS)
            same("bytes that reached B", payload(far.arrived()), payload(near.sent()))
            same("bytes that reached A", payload(near.arrived()), payload(far.sent()))
            invites = payload(near.sent()).count(b"INVITE sip:")
            expect(len(segments(near.sent())) > 2 * invites, "the INVITEs were meant to need several segments each")
            context.say(f"{invites} INVITEs, {len(near.sent())} + {len(far.sent())} segments as sent")
        same("connections taken down", count(box, "tcp-refused"), 0)
        box.stop()


@test("TCP: SIPp, one connection")
def one_connection(context: Context) -> None:
    calls(context, "t1")


@test("TCP: SIPp, a connection for each call")
def many_connections(context: Context) -> None:
    calls(context, "tn")


def told(ways: list[Way]) -> str:
    return ", ".join(f"{w.name} {len(w.data) / max(w.took, 0.001) / 1e6:.1f} MB/s, longest pause {w.pause:.2f} s" for w in ways)


def transfer(context: Context, rough: str = "", number: int = 1500, seed: int = 1, **ends: float) -> None:
    """Messages both ways on one connection, each of them judged; what came is what was sent."""
    with Bed(context.folder, rough) as bed:
        box = Box(bed, context.build).start()
        weather = Weather(bed, context.build, seed) if rough else None
        there = pipe.messages(number, seed, "there")
        back = pipe.messages(number, seed + 1, "back", invites=False)
        link = Pipe(bed, **ends)
        ways = link.run(there, back)
        link.close()
        for way in ways:
            expect(way.pause < LONGEST_PAUSE, f"{way.name} stood still for {way.pause:.1f} s")
        edge = box.ctl("stats", "show")["edges"][EDGE]
        same("messages forwarded", edge["verdicts"].get("forward"), len(there) + len(back))
        same("connections taken down", edge["counters"].get("tcp-refused", 0), 0)
        same("segments not believed or without room", [edge["outcomes"].get(o, 0) for o in ("tcp-broken", "tcp-budget", "tcp-midstream")], [0, 0, 0])
        context.say(f"{number} + {number} messages, {sum(len(w.data) for w in ways) / 1e6:.0f} MB, {told(ways)}")
        context.say(f"{edge['counters'].get('tcp-acknowledged', 0)} acknowledged here, {edge['counters'].get('tcp-retransmissions', 0)} sent again")
        if weather is not None:
            did = weather.end()
            expect(did["lost"] > 100 and did["reordered"] > 100 and did["duplicated"] > 50, f"fair weather: {did}")
            same("frames that the weather could not send", did["unsent"], 0)
            context.say(f"{did['lost']} of {did['frames']} frames lost, {did['reordered']} reordered, {did['duplicated']} twice")
        box.stop()


@test("TCP: thousands of messages on one connection")
def thousands(context: Context) -> None:
    transfer(context, number=2500)


@test("TCP: loss and reordering on the clients' side")
def rough_near(context: Context) -> None:
    transfer(context, rough="a")


@test("TCP: loss and reordering on the far side")
def rough_far(context: Context) -> None:
    transfer(context, rough="b", seed=3)


@test("TCP: windows that close")
def narrow(context: Context) -> None:
    transfer(context, number=120, seed=5, far_buffer=4096, far_pace=0.0005)
