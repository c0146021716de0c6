# SPDX-License-Identifier: BSD-3-Clause
"""The messages that streams carry, and what each policy says of them: a table of its own, held once against UDP."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "cases"))

from lib import answers, krr, mikey, sip  # noqa: E402

A, B = "kms.a.example", "kms.b.example"
Word = tuple[str, str]  # verdict and reason, as over UDP


@dataclass(frozen=True)
class Policy:
    """A policy and the edge of it that judges."""

    file: Path
    edge: str


POLICIES = {
    "cs": Policy(HERE.parents[1] / "cases" / "policy.yaml", "mc1-edge"),
    "is": Policy(HERE / "policy.yaml", "home-edge"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of message: its bytes by number, and the verdict by policy and port of arrival."""

    name: str
    make: Callable[[int], bytes]
    verdicts: dict[tuple[str, str], Word]
    weight: int = 1

    def forwarded(self, policy: str, port: str) -> bool:
        """Whether it passes there."""
        return self.verdicts[policy, port][0] == "forward"


def over_tcp(message: sip.Message | bytes) -> bytes:
    """As it goes over TCP: the transport shows in the Via."""
    data = message if isinstance(message, bytes) else message.encode()
    return data.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")


def everywhere(verdict: str, reason: str) -> dict[tuple[str, str], Word]:
    """The same word for every policy and port."""
    return {(policy, port): (verdict, reason) for policy in POLICIES for port in ("inside", "outside")}


def words(inside: Word, outside: Word, home: Word) -> dict[tuple[str, str], Word]:
    """By port on the cs edge; the is edge polices whatever way a message takes."""
    return {("cs", "inside"): inside, ("cs", "outside"): outside, ("is", "inside"): home, ("is", "outside"): home}


NO_MIKEY, ALLOWED = ("forward", "no-mikey"), ("forward", "allowed")
BAD_INITIATOR = ("redirect", "initiator-kms-not-allowed")
BAD_RECEIVER = ("redirect", "receiver-kms-not-allowed")


def _with_body(method: str, kind: str, body: bytes) -> Callable[[int], bytes]:
    return lambda number: over_tcp(sip.request(method, number, kind, body))


# A body that looks like the end of a head, and like messages: only Content-Length says what it is.
DECOY = b"one\r\n\r\nOPTIONS sip:x@mc2.example SIP/2.0\r\nContent-Length: 4\r\n\r\ntwo\r\n\r\n\r\n" + bytes(range(256))


def _answer(status: int, reason: str, kind: str | None = None, body: bytes = b"") -> Callable[[int], bytes]:
    return lambda number: over_tcp(sip.response(sip.small(number), status, reason, kind, body))


def _krr(initiator: answers.Kmses, receiver: answers.Kmses) -> Callable[[int], bytes]:
    return lambda number: over_tcp(answers.refusal(sip.small(number), answers.document(initiator, receiver)))


def _offer(kmsi: str | None, kmsr: str | None, method: str = "INVITE") -> Callable[[int], bytes]:
    return lambda number: over_tcp(sip.small(number, kmsi, kmsr, method))


def _long(kmsi: str, kmsr: str) -> Callable[[int], bytes]:
    return lambda number: over_tcp(sip.invite(number, kmsi=kmsi, kmsr=kmsr))


def _response_offer(kmsi: str, kmsr: str) -> Callable[[int], bytes]:
    line = sip.key_line(mikey.i_message(kmsi, kmsr, small=True))
    return _answer(200, "OK", sip.SDP, sip.sdp([line]))


def _broken_key(number: int) -> bytes:
    return over_tcp(sip.offer("INVITE", number, mikey.i_message(small=True, tail=b"\x00")))


def _repeated_name(number: int) -> bytes:
    draft = mikey.i_message(small=True)
    draft.payloads.insert(draft.find(mikey.SAKKE), mikey.idr(mikey.ROLE_KMSR, A))
    return over_tcp(sip.offer("INVITE", number, draft))


def _compact(number: int) -> bytes:
    data = over_tcp(sip.request("MESSAGE", number, "text/plain", b"hello\r\n\r\nworld"))
    for long, short in ((b"Content-Length", b"l"), (b"Call-ID", b"i"), (b"Via", b"v")):
        data = data.replace(b"\r\n" + long + b":", b"\r\n" + short + b" :")
    return data


def _zipped(number: int) -> bytes:
    packed = sip.request("MESSAGE", number, "text/plain", b"\x1f\x8b\x08" + bytes(40))
    return over_tcp(packed.put("Content-Encoding", "gzip"))


KINDS = [
    Kind("options", lambda n: over_tcp(sip.request("OPTIONS", n)), everywhere(*NO_MIKEY), 6),
    Kind("bye", lambda n: over_tcp(sip.request("BYE", n, to_tag="peer")), everywhere(*NO_MIKEY), 3),
    Kind("ack", lambda n: over_tcp(sip.request("ACK", n, to_tag="peer")), everywhere(*NO_MIKEY)),
    Kind("decoy", _with_body("INFO", "application/octet-stream", DECOY), everywhere(*NO_MIKEY), 3),
    Kind("compact", _compact, everywhere(*NO_MIKEY), 3),
    Kind("trying", _answer(100, "Trying"), everywhere(*NO_MIKEY), 4),
    Kind("ok-sdp", _answer(200, "OK", sip.SDP, sip.sdp()), everywhere(*NO_MIKEY), 4),
    Kind("plain-488", _answer(488, "Not Acceptable Here"), everywhere(*NO_MIKEY)),
    Kind("invite", _offer(A, A), everywhere(*ALLOWED), 5),
    Kind("long-invite", _long(A, A), everywhere(*ALLOWED), 4),
    Kind("invite-b", _offer(B, A), words(BAD_INITIATOR, ALLOWED, BAD_INITIATOR), 2),
    Kind("long-invite-b", _long(B, A), words(BAD_INITIATOR, ALLOWED, BAD_INITIATOR)),
    Kind("invite-to-b", _offer(A, B), words(ALLOWED, BAD_RECEIVER, ALLOWED), 2),
    Kind("message-b", _offer(B, B, "MESSAGE"), words(BAD_INITIATOR, BAD_RECEIVER, BAD_INITIATOR)),
    Kind("missing-name", _offer(None, None), everywhere("redirect", "missing-idr")),
    Kind("ack-b", lambda n: over_tcp(sip.small(n, B, B, "ACK", to_tag="peer")),
         words(("drop", BAD_INITIATOR[1]), ("drop", BAD_RECEIVER[1]), ("drop", BAD_INITIATOR[1]))),
    Kind("broken-key", _broken_key, everywhere("reject", "malformed-mikey"), 2),
    Kind("repeated-name", _repeated_name, everywhere("reject", "duplicate-idr")),
    Kind("zipped", _zipped, everywhere("reject", "uninspectable-body")),
    Kind("ok-offer", _response_offer(A, A), everywhere(*ALLOWED)),
    Kind("ok-offer-b", _response_offer(B, B), everywhere("drop", "response-mikey")),
    Kind("krr", _krr([A], [A]), everywhere("forward", "krr-adheres"), 2),
    Kind("krr-wide", _krr([A, B], [A, B]),
         words(("rewrite", "krr-receiver-narrowed"), ("rewrite", "krr-initiator-narrowed"),
               ("rewrite", "krr-initiator-narrowed"))),
    Kind("krr-unreadable",
         lambda n: over_tcp(answers.refusal(sip.small(n), "<!DOCTYPE x>" + answers.document([A], [A]))),
         everywhere("drop", "unparsable-krr")),
]  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}


def _length(value: str | None, more: str = "") -> Callable[[int], bytes]:
    """A message whose Content-Length line is this text; `more` stands before it."""

    def make(number: int) -> bytes:
        head = over_tcp(sip.request("MESSAGE", number, "text/plain", b"hello"))
        line = more + ("" if value is None else f"Content-Length:{value}\r\n")
        return head.replace(b"Content-Length: 5\r\n", line.encode())

    return make


# What a stream cannot be framed behind: its bytes never leave, nor does what follows.
FAULTS: dict[str, Callable[[int], bytes]] = {
    "no-length": _length(None),
    "length-letters": _length(" five"),
    "length-tail": _length(" 5x"),
    "length-negative": _length(" -1"),
    "length-sign": _length(" +5"),
    "length-empty": _length(""),
    "length-blank": _length("  "),
    "length-list": _length(" 5, 6"),
    "length-huge": _length(" 99999999999999999999"),
    "length-wraps": _length(" 4294967301"),
    "length-hex": _length(" 0x5"),
    "length-two": _length(" 5", "Content-Length: 6\r\n"),
    "length-two-compact": _length(" 5", "l: 0\r\n"),
    "length-two-odd": _length(" 5", "CONTENT-length\t: 0\r\n"),
    "not-sip": lambda number: f"HELO call-{number}\r\nContent-Length: 0\r\n\r\n".encode(),
    "http": lambda number: f"GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
}

_CALL = re.compile(rb"\r\n(?:Call-ID|i)[ \t]*:[ \t]*call-(\d+)@", re.I)


def number_of(message: bytes) -> int | None:
    """The number that a message was made with, from its Call-ID."""
    found = _CALL.search(message)
    return int(found[1]) if found else None


def verify(replay: Path, folder: Path) -> list[str]:
    """Sends every kind once over UDP, by either port, under every policy: where the table and the program part."""
    from lib import program, wire
    from lib.scene import Scene

    faults = []
    for policy, chosen in POLICIES.items():
        out, order = Scene(), []
        for number, (port, kind) in enumerate(((p, k) for p in ("inside", "outside") for k in KINDS), 1):
            path = wire.OUTWARD if port == "inside" else wire.INWARD
            out.send(port, float(number), kind.make(number), path)
            order.append((port, kind))
        here = folder / policy
        here.mkdir(parents=True)
        captures = {path.name.split("-")[0]: path for path in out.write(here)}
        result = program.run(replay, program.Inputs(chosen.file, chosen.edge, captures, []), here / "out")
        if len(result.events) != len(order):
            faults.append(f"{policy}: {len(result.events)} lines of {len(order)} messages; {result.errors[:300]}")
        for (port, kind), line in zip(order, result.events):
            got, want = (line.get("verdict"), line.get("reason")), kind.verdicts[policy, port]
            if got != want:
                faults.append(f"over UDP, {policy}, {port}, {kind.name}: {got}, the table says {want}")
    return faults


def krr_of(body: bytes) -> krr.Document:
    """A KRR, read."""
    return krr.read(body)
