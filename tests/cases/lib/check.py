# SPDX-License-Identifier: BSD-3-Clause
"""Checks an answer against the request it answers (RFC 3261 8.2.6, 18.2; RFC 3581 4; RFC 791)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from . import krr
from .captures import Datagram

COMPACT = {
    "i": "call-id",
    "m": "contact",
    "e": "content-encoding",
    "l": "content-length",
    "c": "content-type",
    "f": "from",
    "s": "subject",
    "k": "supported",
    "t": "to",
    "v": "via",
}


@dataclass(frozen=True)
class Head:
    """Start line and headers, names in lower case and long form, values unfolded and trimmed."""

    start: str
    headers: list[tuple[str, str]]
    body: bytes

    def every(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for known, value in self.headers if known == name]

    def one(self, name: str) -> str:
        """The first value of a header, or an empty text."""
        return next(iter(self.every(name)), "")


def split_commas(value: str) -> list[str]:
    """Cuts a list header at the commas that stand outside quotes and angle brackets."""
    return [part.strip() for part in re.findall(r'(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,])+', value)]


def parse(data: bytes) -> Head:
    """Reads a message leniently: folding, compact names, blanks before the colon, lone line feeds."""
    text = data.lstrip(b"\r\n").decode("latin-1")
    end = re.search(r"\r\n\r\n|\n\n|\r\r", text)
    head, body = (text[: end.start()], text[end.end() :]) if end else (text, "")
    head = re.sub(r"(?:\r\n|\n|\r)[ \t]+", " ", head)
    lines = re.split(r"\r\n|\n|\r", head)
    headers = []
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.append((COMPACT.get(name, name), value.strip()))
    return Head(lines[0], headers, body.encode("latin-1"))


def vias(head: Head) -> list[str]:
    """Every Via value in order, whether in one row or several."""
    return [value for row in head.every("via") for value in split_commas(row)]


@dataclass(frozen=True)
class Via:
    """A Via value taken apart."""

    protocol: str
    host: str
    port: int | None
    params: dict[str, str | None]


def via(value: str) -> Via:
    """Takes a Via value apart."""
    match = re.fullmatch(
        r"(SIP\s*/\s*2\.0\s*/\s*\S+)\s+(\[[^\]]*\]|[^;:\s]+)\s*(?::\s*(\d+))?\s*(.*)", value, re.S | re.I
    )
    if match is None:
        return Via("", "", None, {})
    params: dict[str, str | None] = {}
    for item in match[4].split(";")[1:]:
        name, equals, content = item.partition("=")
        params[name.strip().lower()] = content.strip() if equals else None
    return Via(re.sub(r"\s", "", match[1]), match[2].strip("[]"), int(match[3]) if match[3] else None, params)


def same_address(one: str | None, other: str) -> bool:
    """Whether two texts are the same IP address; a host name is none."""
    try:
        return one is not None and ipaddress.ip_address(one.strip("[]")) == ipaddress.ip_address(other)
    except ValueError:
        return False


def destination_port(top: Via, source_port: int) -> int:
    """Where an answer over UDP goes (RFC 3261 18.2.2, RFC 3581 4)."""
    if "rport" in top.params:
        return source_port
    return top.port if top.port is not None else 5060


def _top_via(asked: Via, got: Via, source: Datagram) -> list[str]:
    faults = []
    want = dict(asked.params)
    if "rport" in want:
        want["rport"] = str(source.sport)
    needs_received = "rport" in want or not same_address(asked.host, source.first.src)
    received = got.params.get("received")
    if needs_received and not same_address(received, source.first.src):
        faults.append(f"received is {received}, the request came from {source.first.src}")
    if not needs_received and "received" not in want and received is not None:
        faults.append("received was added without need")
    rest = {k: v for k, v in got.params.items() if k != "received"}
    if rest != {k: v for k, v in want.items() if k != "received"}:
        faults.append(f"top Via parameters {got.params}, expected {want}")
    if (asked.protocol, asked.host, asked.port) != (got.protocol, got.host, got.port):
        faults.append("top Via protocol or sent-by changed")
    return faults


def _wire(request: Datagram, answer: Datagram, top: Via, mtu: int, tcp: bool) -> list[str]:
    faults = [answer.fault] if answer.fault else []
    for packet in answer.packets:
        if (packet.src_mac, packet.dst_mac) != (request.first.dst_mac, request.first.src_mac):
            faults.append("MAC addresses are not those of the request swapped")
        if packet.vlans != request.first.vlans:
            faults.append(f"VLAN tags {packet.vlans}, the request had {request.first.vlans}")
        if (packet.src, packet.dst) != (request.first.dst, request.first.src):
            faults.append(f"from {packet.src} to {packet.dst}")
        if packet.size > mtu:
            faults.append(f"a packet of {packet.size} bytes, the MTU is {mtu}")
        if packet.hops == 0:
            faults.append("hop limit 0")
        if packet.fragment and packet.dont_fragment:
            faults.append("a fragment with DF")
        if packet.ident != answer.first.ident:
            faults.append("fragments with different identifications")
    if answer.sport != request.dport:
        faults.append(f"source port {answer.sport}, the request went to {request.dport}")
    if answer.dport != (request.sport if tcp else destination_port(top, request.sport)):
        faults.append(f"destination port {answer.dport}")
    return faults


def to_tag(head: Head) -> str | None:
    """The tag of the To header."""
    match = re.search(
        r";\s*tag\s*=\s*([^;\s>]+)$|;\s*tag\s*=\s*([^;\s>]+)\s*;",
        re.sub(r"<[^>]*>", "", head.one("to")),
        re.I,
    )
    return (match[1] or match[2]) if match else None


def answer(request: Datagram, got: Datagram, status: int, mtu: int, tcp: bool = False) -> list[str]:
    """Every fault of an answer, apart from its KRR body. Over TCP it takes the connection of the request."""
    asked, head = parse(request.data), parse(got.data)
    asked_vias, got_vias = vias(asked), vias(head)
    faults = []
    expected = {488: "SIP/2.0 488 Not Acceptable Here", 200: "SIP/2.0 200 OK"}
    if head.start != expected.get(status, head.start) or not head.start.startswith(f"SIP/2.0 {status} "):
        faults.append(f"status line {head.start!r}")
    if not got.data.startswith(b"SIP/2.0 ") or b"\r\n\r\n" not in got.data:
        faults.append("no plain message: start or CRLF line ends")
    flat = [re.sub(r"\s+", " ", value) for value in asked_vias]
    if len(got_vias) != len(flat) or [re.sub(r"\s+", " ", v) for v in got_vias[1:]] != flat[1:]:
        faults.append(f"Via values {got_vias}, the request had {asked_vias}")
    top = via(asked_vias[0]) if asked_vias else Via("", "", None, {})
    if asked_vias and got_vias:
        faults += _top_via(top, via(got_vias[0]), request)
    for name in ("from", "call-id", "cseq"):
        if head.every(name) != asked.every(name)[:1]:
            faults.append(f"{name} is {head.every(name)}, the request had {asked.every(name)}")
    tag = to_tag(head)
    if to_tag(asked):
        if head.every("to") != asked.every("to"):
            faults.append(f"To changed in a dialog: {head.one('to')}")
    elif not tag or not re.fullmatch(r"[A-Za-z0-9.!%*_+`'~-]+", tag):
        faults.append(f"no To tag: {head.one('to')}")
    elif re.sub(r"\s*;\s*tag=" + re.escape(tag), "", head.one("to")) != asked.one("to"):
        faults.append(f"To is {head.one('to')}, the request had {asked.one('to')}")
    if head.every("content-length") != [str(len(head.body))]:
        faults.append(f"Content-Length {head.every('content-length')}, {len(head.body)} bytes of body")
    return faults + _wire(request, got, top, mtu, tcp)


def without_body(got: Datagram, warning: bool) -> list[str]:
    """Faults of an answer that must not have a body."""
    head, faults = parse(got.data), []
    if head.body or head.every("content-type"):
        faults.append("a body where there must be none")
    if warning and not re.match(r'399 \S+ ".*"$', head.one("warning")):
        faults.append(f"Warning is {head.one('warning')!r}")
    return faults


def redirect(got: Datagram, lists: object, messages: list[dict[str, Any]], time: int) -> list[str]:
    """Faults of the KRR in a 488: type, schema, lists of the event, KMSs echoed, time of the first copy."""
    head = parse(got.data)
    faults = []
    if head.every("content-type") != [krr.TYPE]:
        faults.append(f"Content-Type {head.every('content-type')}")
    document = krr.read(head.body)
    faults += document.faults
    if {"initiator": document.initiator, "receiver": document.receiver} != lists:
        faults.append(f"KRR ({document.initiator}, {document.receiver}), the event says {lists}")
    echoed = (document.fields.get("InitiatorKmsUri"), document.fields.get("ReceiverKmsUri"))
    names = [(message.get("idrkmsi"), message.get("idrkmsr")) for message in messages]
    if echoed not in names:
        faults.append(f"InitiatorKmsUri and ReceiverKmsUri are {echoed}, the messages had {names}")
    whole = datetime.fromtimestamp(time // 10**9, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if document.time != whole:
        faults.append(f"Time is {document.time}, the first copy came at {whole}")
    if document.embedded:
        faults.append("an embedded KRR in an answer to a request")
    return faults
