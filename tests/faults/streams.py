# SPDX-License-Identifier: BSD-3-Clause
"""TCP connections that take all they can get, floods of SYNs, a dataplane that dies under open connections."""

from __future__ import annotations

import json
import random
import socket
import time

from smoke.lib import pipe
from smoke.lib.bed import Bed
from smoke.lib.box import EDGE, Box, policy
from smoke.lib.pipe import Pipe
from smoke.lib.process import Failed, wait_until
from smoke.lib.suite import Context, expect, same, test


def counted(box: Box) -> dict:
    return box.ctl("stats", "show")["edges"][EDGE]


def dial(bed: Bed, port: int = pipe.PORT) -> socket.socket:
    with bed.a.space.entered():
        near = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        near.settimeout(5)
        near.connect((bed.b.ip4, port))
        return near


def listen(bed: Bed, port: int) -> socket.socket:
    with bed.b.space.entered():
        ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind((bed.b.ip4, port))
        ear.listen(512)
        return ear


@test("TCP: all room for segments taken by others")
def segments_full(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build, sizes={"segments": 512}, streams={"held-ms": 4000}).start()
        link = Pipe(bed)
        ear = listen(bed, 5080)
        hostile = [dial(bed, 5080) for _ in range(40)]
        begun = b"MESSAGE sip:b@mc1.example SIP/2.0\r\nContent-Length: 60000\r\n\r\n"
        for near in hostile:  # a message that never becomes whole, in tiny segments
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            near.setblocking(False)
        for round_ in range(60):
            for near in hostile:
                try:
                    near.send(begun if round_ == 0 else b"x")
                except OSError:
                    pass
        kept = box.dataplane_status()["segments"]
        ways = link.run(pipe.messages(60, 1, "there", most=6000), pipe.messages(60, 2, "back", most=6000, invites=False))
        expect(kept["count"] > kept["capacity"] * 3 // 4, f"the others took {kept} only")
        wait_until("the hostile connections to be given up", lambda: counted(box)["counters"]["tcp-late"] > 20, 10)
        edge = counted(box)
        expect(edge["causes"]["tcp-budget"] > 0, f"no segment was refused room: {edge['causes']}")
        wait_until("the room to be free again", lambda: box.dataplane_status()["segments"]["count"] < 64, 10)
        context.say(
            f"{kept['count']} of {kept['capacity']} segments held by {len(hostile)} others, 120 messages beside them, "
            f"longest pause {max(w.pause for w in ways):.2f} s; {edge['counters']['tcp-late']} given up"
        )
        for one in (*hostile, ear):
            one.close()
        link.close()
        box.stop()


@test("TCP: flood of SYNs, a full table")
def flood(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build, sizes={"streams": 64}).start()
        link = Pipe(bed)
        link.run([pipe.message(1, 800, "first")], [pipe.message(1, 800, "first")])
        noise = random.Random(4)
        mac = [json.loads(s.space.ip("-j", "link", "show", "dev", s.interface))[0]["address"] for s in bed.sides]
        with bed.sniff(bed.a) as wire:
            for number in range(3000):
                wire.send(syn(mac, bed.a.ip4, bed.b.ip4, 1024 + noise.randrange(60000), noise.getrandbits(32)))
        wait_until("the SYNs", lambda: counted(box)["counters"]["frames-in"] > 3000, 10)
        ways = link.run(pipe.messages(40, 1, "there", most=6000), pipe.messages(40, 2, "back", most=6000, invites=False))
        same("room", box.dataplane_status()["streams"]["capacity"], 64)
        # connections that are open make no room: the table full of them takes no other
        ear = listen(bed, pipe.PORT)
        others = [dial(bed) for _ in range(63)]
        before = counted(box)["causes"]["tcp-budget"]
        with bed.a.space.entered():
            last = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        last.settimeout(0.5)
        try:
            last.connect((bed.b.ip4, pipe.PORT))
            raise Failed("65 connections in 64 places")
        except TimeoutError:
            pass
        expect(counted(box)["causes"]["tcp-budget"] > before, "tcp-budget was not counted")
        same("places taken", box.dataplane_status()["streams"], {"count": 64, "capacity": 64})
        link.run([pipe.message(2, 800, "still")], [pipe.message(2, 800, "still")])
        for one in (*others, last, ear):
            one.close()
        link.close()
        context.say(f"3000 SYNs into 64 places, then 64 connections and no 65th; the open connection's longest pause {max(w.pause for w in ways):.2f} s")
        box.stop()


def syn(mac: list[str], source: str, destination: str, port: int, seq: int) -> bytes:
    """A SYN to the SIP port, as an attacker makes it."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether

    frame = Ether(src=mac[0], dst=mac[1]) / IP(src=source, dst=destination) / TCP(sport=port, dport=pipe.PORT, flags="S", seq=seq)
    return bytes(frame)


def restarted(context: Context, action: str) -> bool:
    """Does an open connection outlive the dataplane?"""
    with Bed(context.folder) as bed:
        box = Box(bed, context.build, text=policy(extra=action)).start()
        link = Pipe(bed)
        link.run(pipe.messages(20, 1, "before"), pipe.messages(20, 2, "back", invites=False))
        assert box.dataplane is not None
        box.dataplane.kill()
        box.start_dataplane()
        wait_until("control to find it", lambda: box.dataplane_status().get("generation"), 10)
        try:
            link.run(pipe.messages(20, 3, "after"), pipe.messages(20, 4, "back", invites=False))
            return True
        except Failed as fault:
            expect("reset" in str(fault).lower() or "pipe" in str(fault).lower(), f"not reset: {fault}")
            return False
        finally:
            link.close()
            box.stop()


@test("TCP: dataplane killed under an open connection")
def killed(context: Context) -> None:
    same("it goes on", restarted(context, ""), False)


@test("TCP: dataplane killed, tcp-midstream: judge")
def killed_judge(context: Context) -> None:
    same("it goes on", restarted(context, "failure: {tcp-midstream: judge}\n"), True)
