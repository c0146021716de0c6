# SPDX-License-Identifier: BSD-3-Clause
"""Calls between SIPp on both sides: allowed ones complete, refused ones get their KRR, and nothing else crosses."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from cases.lib import captures, check, krr

from .lib.bed import Bed
from .lib.box import EDGE, Box
from .lib.calls import HOME, OTHER, Callee, Caller, call_ids
from .lib.sniffer import Sniffer, settle
from .lib.suite import Context, expect, same, test

SCHEMA = Path(__file__).resolve().parents[2] / "dataplane/krr/krr.xsd"
CALLS = 5


def sip_frames(frames: list[bytes]) -> list[bytes]:
    """Of UDP between two hosts, fragments included: no ARP, no neighbour discovery."""
    out = []
    for frame in frames:
        packet = captures.parse(frame)
        if packet is not None and packet.protocol == 17:
            out.append(frame)
    return out


def datagrams(frames: list[bytes]) -> list[captures.Datagram]:
    """Whole datagrams, fragments put together; nothing may be left over."""
    out, parts = [], {}
    for frame in frames:
        packet = captures.parse(frame)
        assert packet is not None
        if not packet.fragment:
            out.append(captures.assemble([frame]))
            continue
        key = (packet.src, packet.dst, packet.ident)
        parts.setdefault(key, []).append(frame)
        packets = [p for p in map(captures.parse, parts[key]) if p is not None]
        last = [p for p in packets if not p.more]
        if last and sum(len(p.payload) for p in packets) == last[0].offset + len(last[0].payload):
            out.append(captures.assemble(parts.pop(key)))
    same("datagrams that did not become whole", len(parts), 0)
    return out


def same_frames(what: str, sent: list[bytes], arrived: list[bytes]) -> None:
    """Byte for byte, in order."""
    lost = [f for f in sent if f not in arrived]
    new = [f for f in arrived if f not in sent]
    expect(
        not lost and not new,
        f"{what}: {len(lost)} of {len(sent)} frames did not arrive, {len(new)} arrived that nobody "
        f"sent; first lost {lost[:1]}, first new {new[:1]}",
    )
    same(f"{what}: order of the frames", [sent.index(f) for f in arrived], list(range(len(sent))))


def allowed(context: Context, version: int) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        small = version == 4 and bed.loses_fragments()
        if small:
            context.say(f"INVITEs unfragmented: {bed.driver()} loses IPv4 fragments")
        Callee(bed, bed.b, version)
        with bed.sniff(bed.a) as near, bed.sniff(bed.b) as far:
            done = Caller(bed, "allowed", HOME, HOME, version=version, calls=CALLS, small=small).finish()
            settle(near, far)
            same("successful calls", done["successful"], CALLS)
            out, back = sip_frames(near.sent()), sip_frames(far.sent())
            same_frames("A to B", out, sip_frames(far.arrived()))
            same_frames("B to A", back, sip_frames(near.arrived()))
            messages = [d.data.split(b" ", 1)[0] for d in datagrams(out)]
            expect(
                messages.count(b"INVITE") >= CALLS and messages.count(b"BYE") >= CALLS, f"what was sent: {messages}"
            )
            fragments = sum(p.fragment for p in map(captures.parse, out) if p is not None)
            expect(
                small or fragments >= 2 * CALLS, f"{fragments} fragments only: the INVITEs were meant to need them"
            )
            answers = [d.data.split(b"\r\n", 1)[0] for d in datagrams(back)]
            for line in (b"SIP/2.0 180 Ringing", b"SIP/2.0 200 OK"):
                expect(answers.count(line) >= CALLS, f"answers: {answers}")
        context.say(f"{CALLS} calls, {len(out) + len(back)} frames as sent, {fragments} fragments")
        box.stop()


@test("allowed calls, IPv4")
def allowed_4(context: Context) -> None:
    allowed(context, 4)


@test("allowed calls, IPv6")
def allowed_6(context: Context) -> None:
    allowed(context, 6)


def krr_faults(bed: Bed, datagram: captures.Datagram) -> None:
    """The 488 as SIP, its body against the schema, its lists."""
    head = check.parse(datagram.data)
    expect(datagram.fault is None, f"the 488: {datagram.fault}")
    same("content type", head.every("content-type"), [krr.TYPE])
    document = krr.read(head.body)
    same("faults of the KRR", document.faults, [])
    same("lists of the KRR", (document.initiator, document.receiver), ([HOME], [HOME]))
    same(
        "KMSs that it answers",
        (document.fields.get("InitiatorKmsUri"), document.fields.get("ReceiverKmsUri")),
        (OTHER, HOME),
    )
    file = bed.folder / "answer.xml"
    file.write_bytes(head.body)
    lint = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", str(SCHEMA), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    expect(lint.returncode == 0, f"xmllint: {lint.stderr}")


def told(box: Box, calls: int) -> None:
    """What control's events and kmsgatectl's counters say of refused calls."""
    from .lib.process import wait_until

    def ours(verdict: str) -> list[dict]:
        return [e for e in box.events() if e["verdict"] == verdict]

    wait_until("the events of the refusals", lambda: len(ours("absorb")) >= calls, 5)
    refused = ours("redirect")
    expect(len(refused) >= calls, f"{len(refused)} redirect events")
    for event in refused:
        same(
            "event",
            (event["edge"], event["method"], event["reason"], event["rule"]["initiator"], event["krr_out"]),
            (EDGE, "INVITE", "initiator-kms-not-allowed", "attached", {"initiator": [HOME], "receiver": [HOME]}),
        )
    same("absorbed", {e["reason"] for e in ours("absorb")}, {"own-answer"})
    edge = box.ctl("stats", "show")["edges"][EDGE]
    got = (edge["verdicts"].get("redirect"), edge["verdicts"].get("absorb"))
    same("counted verdicts", got, (len(refused), len(ours("absorb"))))
    accounted(edge)


def accounted(edge: dict[str, Any]) -> None:
    """Every frame that came has one outcome; what left is what these let pass, and what was made here."""
    count, outcomes = edge["counters"], edge["outcomes"]
    same("outcomes of the frames that came", sum(outcomes.values()), count["frames-in"])
    passed = sum(outcomes.get(name, 0) for name in ("passed", "keep-alive", "forward"))
    same("frames that left", count["frames-out"], passed + count.get("generated", 0))


def refused(context: Context, version: int) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        small = version == 4 and bed.loses_fragments()
        if small:
            context.say(f"INVITEs unfragmented: {bed.driver()} loses IPv4 fragments")
        Callee(bed, bed.b, version)
        with bed.sniff(bed.a) as near, bed.sniff(bed.b) as far:
            done = Caller(bed, "refused", OTHER, HOME, version=version, calls=CALLS, small=small).finish()
            settle(near, far)
            same("calls that ended as they must", done["successful"], CALLS)
            crossed(near, far)
            answers = [d for d in datagrams(sip_frames(near.arrived())) if d.data.startswith(b"SIP/2.0 488 ")]
            expect(len(answers) >= CALLS, f"{len(answers)} answers 488")
            for answer in answers:
                krr_faults(bed, answer)
            sent = [d.data.split(b" ", 1)[0] for d in datagrams(sip_frames(near.sent()))]
            expect(sent.count(b"ACK") >= CALLS, f"SIPp sent {sent}")
        told(box, CALLS)
        context.say(f"{len(answers)} KRRs, {sent.count(b'ACK')} ACKs absorbed")
        box.stop()


def crossed(near: Sniffer, far: Sniffer) -> None:
    """Nothing of the refused calls may be seen behind the box, not a fragment."""
    there = sip_frames(far.arrived())
    same("Call-IDs that reached B", call_ids(there), set())
    same("UDP frames that reached B", len(there), 0)
    expect(call_ids(sip_frames(near.sent())), "no call was made")


@test("refused calls, IPv4")
def refused_4(context: Context) -> None:
    refused(context, 4)


@test("refused calls, IPv6")
def refused_6(context: Context) -> None:
    refused(context, 6)
