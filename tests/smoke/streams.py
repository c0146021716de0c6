# SPDX-License-Identifier: BSD-3-Clause
"""SIP over the kernel's TCP: calls of SIPp, thousands of messages on one connection, bad weather, closing windows."""

from __future__ import annotations

import json
import random
import re
import socket
import threading

from cases.lib import captures, krr, tls

from .lib import pipe
from .lib.bed import Bed
from .lib.box import EDGE, Box, policy
from .lib.calls import HOME, OTHER, Callee, Caller
from .lib.pipe import Pipe, Way
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


def transfer(
    context: Context, rough: str = "", number: int = 1000, seed: int = 1, most: int = pipe.MOST, **ends: float
) -> None:
    """Messages both ways on one connection, each of them judged; what came is what was sent."""
    with Bed(context.folder, rough) as bed:
        box = Box(bed, context.build).start()
        weather = Weather(bed, context.build, seed) if rough else None
        there = pipe.messages(number, seed, "there", most)
        back = pipe.messages(number, seed + 1, "back", most, invites=False)
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
            expect(did["lost"] > 20 and did["reordered"] > 20 and did["duplicated"] > 10, f"fair weather: {did}")
            same("frames that the weather could not send", did["unsent"], 0)
            context.say(f"{did['lost']} of {did['frames']} frames lost, {did['reordered']} reordered, {did['duplicated']} twice")
        box.stop()


@test("TCP: thousands of messages on one connection")
def thousands(context: Context) -> None:
    transfer(context, number=2500)


@test("TCP: loss and reordering on the clients' side")
def rough_near(context: Context) -> None:
    transfer(context, rough="a", most=8_000)


@test("TCP: loss and reordering on the far side")
def rough_far(context: Context) -> None:
    transfer(context, rough="b", seed=3, most=8_000)


@test("TCP: windows that close")
def narrow(context: Context) -> None:
    transfer(context, number=120, seed=5, far_buffer=4096, far_pace=0.0005)


def records(number: int, seed: int) -> list[bytes]:
    """Records of TLS as its ends send them, of one byte up to the longest."""
    draw = random.Random(seed)
    sizes = [int(18_432 ** draw.random()) for _ in range(number)]
    return [b"\x17\x03\x03" + size.to_bytes(2, "big") + draw.randbytes(size) for size in sizes]


def encrypted(context: Context, rough: str = "", number: int = 1500, **ends: float) -> None:
    """TLS on its port: nothing of it can be judged, all of it comes."""
    with Bed(context.folder, rough) as bed:
        box = Box(bed, context.build).start()
        weather = Weather(bed, context.build, 9) if rough else None
        link = Pipe(bed, port=5061, **ends)
        for one, other, flight in (link.near, link.far, tls.CLIENT_HELLO), (link.far, link.near, tls.SERVER_FLIGHT):
            one.sendall(flight)
            same("what came", other.recv(len(flight), socket.MSG_WAITALL), flight)
        ways = link.run(records(number, 1), records(number, 2))
        link.close()
        for way in ways:
            expect(way.pause < LONGEST_PAUSE, f"{way.name} stood still for {way.pause:.1f} s")
        edge = box.ctl("stats", "show")["edges"][EDGE]
        same("connections taken down", edge["counters"].get("tcp-refused", 0), 0)
        same("messages", edge["verdicts"].get("forward", 0), 0)
        context.say(f"{number} + {number} records, {sum(len(w.data) for w in ways) / 1e6:.1f} MB, {told(ways)}")
        if weather is not None:
            did = weather.end()
            expect(did["lost"] > 10 and did["reordered"] > 10, f"fair weather: {did}")
            context.say(f"{did['lost']} of {did['frames']} frames lost, {did['reordered']} reordered")
        box.stop()


@test("TCP: TLS on its port")
def tls_port(context: Context) -> None:
    encrypted(context)


@test("TCP: TLS in loss and reordering")
def tls_rough(context: Context) -> None:
    encrypted(context, rough="a")


@test("TCP: TLS to windows that close")
def tls_narrow(context: Context) -> None:
    encrypted(context, number=100, far_buffer=4096, far_pace=0.0005)


def read_all(end) -> tuple[bytes, str]:
    """Until the other end says no more; how it said so."""
    data = b""
    while True:
        try:
            piece = end.recv(1 << 16)
        except OSError as error:
            return data, type(error).__name__
        if not piece:
            return data, "end"
        data += piece


@test("TCP: a refused call, its KRR and the reset")
def refused(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        resets = 0
        with bed.sniff(bed.b) as far:
            for number in range(CALLS):
                link = Pipe(bed)
                # accepted, refused, and what would be accepted had it not come behind
                parts = [pipe.message(1, 900, f"good{number}"), pipe.invite(2, f"bad{number}", OTHER), pipe.message(3, 900, f"behind{number}")]
                link.near.sendall(parts[0])
                same("what reached B", link.far.recv(len(parts[0]), socket.MSG_WAITALL | socket.MSG_PEEK), parts[0])
                link.near.sendall(b"".join(parts[1:]))
                there, how = read_all(link.far)
                same("what reached B", there, parts[0])
                same("how B's connection ended", how, "ConnectionResetError")
                answer, how = read_all(link.near)
                resets += how == "ConnectionResetError"
                expect(answer.startswith(b"SIP/2.0 488 "), f"A got {answer[:200]!r}, {how}")
                head, _, body = answer.partition(b"\r\n\r\n")
                same("Content-Length of the 488", int(re.search(rb"(?i)\r\nContent-Length: *(\d+)", head)[1]), len(body))
                document = krr.read(body)
                same("faults of the KRR", document.faults, [])
                same("lists of the KRR", (document.initiator, document.receiver), ([HOME], [HOME]))
                link.close()
            settle(far)
            arrived = payload(far.arrived())
            same("of the refused calls at B", [w for w in (b"bad", b"behind", OTHER.encode()) if w in arrived], [])
        same("resets that A saw", resets, CALLS)
        edge = box.ctl("stats", "show")["edges"][EDGE]
        same("verdicts", (edge["verdicts"]["redirect"], edge["verdicts"]["forward"]), (CALLS, CALLS))
        same("connections taken down", edge["counters"]["tcp-refused"], CALLS)
        context.say(f"{CALLS} connections: 488 with a KRR, then the reset; B got what stood in front and a reset")
        box.stop()


@test("TCP: commits while messages flow")
def committed(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        link = Pipe(bed)
        over = threading.Event()
        commits = 0

        def change() -> None:
            nonlocal commits
            with box.rpc() as control:
                while not over.is_set():
                    control.call("policy.commit", text=policy("A" if commits % 2 else "A, C"))
                    commits += 1

        changer = threading.Thread(target=change)
        changer.start()
        try:
            number = 600
            ways = link.run(pipe.messages(number, 11, "there", most=20000), pipe.messages(number, 12, "back", most=20000, invites=False), gap=0.004)
        finally:
            over.set()
            changer.join()
        link.close()
        expect(commits > 10, f"{commits} commits only")
        edge = box.ctl("stats", "show")["edges"][EDGE]
        same("messages forwarded", edge["verdicts"].get("forward"), 2 * number)
        context.say(f"{commits} commits, {2 * number} messages, none lost, {told(ways)}")
        box.stop()


def profiles(bed: Bed, client: str) -> dict[str, str]:
    """Alice is of mc1, bob of mc2; each has keys of its own."""
    out = {}
    for name, user, home, external in (
        ("alice", "sip:alice@mc1.example", HOME, "kms.b.example"),
        ("bob", "sip:bob@mc2.example", "kms.b.example", HOME),
    ):
        made = bed.spawn(
            f"keys-{name}", bed.a.space, client, "keys", "--folder", f"keys-{name}", "--secrets", "secrets",
            "--user", f"{user}={home}", "--kms", HOME, "--kms", "kms.b.example",
        )  # fmt: skip
        same(f"keys of {name}", made.wait(30), 0)
        path = bed.folder / f"{name}.yaml"
        path.write_text(
            f"version: 1\nuser: {user}\nhome: {home}\nexternal: [{external}]\nkeys: keys-{name}\nstate: state-{name}\n"
        )
        out[name] = str(path)
    return out


@test("TCP: kmsgate-client on both sides")
def clients(context: Context) -> None:
    """X.1 through the box: bob asks for his own KMS, alice calls again, both have the same key."""
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        client = str(context.build / "tools/client/program/kmsgate-client")
        who = profiles(bed, client)
        receiver = bed.spawn("bob", bed.b.space, client, "receiver", "--profile", who["bob"], "--listen",
                             f"{bed.b.ip4}:5060", "--transport", "tcp", "--calls", "1", "--json")  # fmt: skip
        bed.wait_port(bed.b, 5060, "tcp")
        caller = bed.spawn("alice", bed.a.space, client, "initiator", "--profile", who["alice"], "--call",
                           "sip:bob@mc2.example", "--to", f"{bed.b.ip4}:5060", "--talk", "0.1", "--json")  # fmt: skip
        same("exit of the initiator", (caller.wait(30), caller.errors()[-500:]), (0, ""))
        same("exit of the receiver", receiver.wait(30), 0)
        events = [json.loads(line) for p in (caller, receiver) for line in p.text().splitlines()]
        keys = [e["key_check"] for e in events if "key_check" in e]
        expect(len(keys) == 2 and keys[0] == keys[1], f"keys: {keys}")
        steps = [e["event"] for e in events if e["event"] in ("sent-krr", "received-krr", "established", "accepted")]
        same("steps", sorted(steps), ["accepted", "established", "received-krr", "sent-krr"])
        same("connections taken down", count(box, "tcp-refused"), 0)
        context.say("one KRR passed, the same key at both ends")
        box.stop()
