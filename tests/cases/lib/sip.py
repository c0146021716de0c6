# SPDX-License-Identifier: BSD-3-Clause
"""SIP messages as an MC client would send them (RFC 3261, TS 24.379), and any other on demand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from . import mikey

CRLF = "\r\n"
SDP, MIKEY, MCPTT = "application/sdp", "application/mikey", "application/vnd.3gpp.mcptt-info+xml"
LISTS = "application/resource-lists+xml"
BOUNDARY = "mc-boundary-1"
ALICE, BOB = "sip:alice@mc1.example", "sip:bob@mc2.example"


@dataclass(frozen=True)
class Message:
    """Start line, headers in order, body. Content-Length is added unless `length` says otherwise."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    length: str | None = "auto"

    def encode(self, eol: str = CRLF) -> bytes:
        """The bytes of the message."""
        lines = [self.start] + [f"{name}: {value}" for name, value in self.headers]
        if self.length is not None:
            lines.append(f"Content-Length: {len(self.body) if self.length == 'auto' else self.length}")
        return (eol.join(lines) + eol + eol).encode("utf-8", "surrogateescape") + self.body

    def put(self, name: str, value: str) -> "Message":
        """With the first header of that name set to a value, or added."""
        headers = list(self.headers)
        for index, (known, _) in enumerate(headers):
            if known.lower() == name.lower():
                headers[index] = (known, value)
                return replace(self, headers=tuple(headers))
        return replace(self, headers=tuple(headers) + ((name, value),))

    def add(self, name: str, value: str) -> "Message":
        """With one more header at the end."""
        return replace(self, headers=self.headers + ((name, value),))

    def drop(self, name: str) -> "Message":
        """Without every header of that name."""
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() != name.lower()))

    def get(self, name: str) -> str:
        """Value of the first header of that name."""
        return next(value for known, value in self.headers if known.lower() == name.lower())


@dataclass(frozen=True)
class Part:
    """One body part: type, bytes and further headers."""

    kind: str | None
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def multipart(parts: list[Part], boundary: str = BOUNDARY) -> bytes:
    """A multipart body (RFC 2046 5.1)."""
    out = b""
    for part in parts:
        lines = [f"--{boundary}"] + ([f"Content-Type: {part.kind}"] if part.kind is not None else [])
        lines += [f"{name}: {value}" for name, value in part.headers]
        out += (CRLF.join(lines) + CRLF + CRLF).encode() + part.body + CRLF.encode()
    return out + f"--{boundary}--{CRLF}".encode()


def sdp(
    session: list[str] | None = None,
    media: list[str] | None = None,
    lines: list[str] | None = None,
    eol: str = CRLF,
) -> bytes:
    """An MCPTT offer; session and media are whole attribute lines, `lines` stand between the two."""
    rows = ["v=0", "o=- 3858 3858 IN IP4 10.1.0.10", "s=-", "c=IN IP4 10.1.0.10", "t=0 0"]
    rows += (session or []) + (lines or [])
    rows += [
        "m=audio 49152 RTP/SAVP 97",
        "i=speech",
        "a=rtpmap:97 AMR-WB/16000",
        "a=ptime:20",
        "a=maxptime:240",
    ]
    rows += media or []
    rows += [
        "m=application 49154 udp MCPTT",
        "a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request",
    ]
    return (eol.join(rows) + eol).encode()


def key_line(message: mikey.Draft | bytes | str) -> str:
    """The attribute line that carries an I_MESSAGE (RFC 4567 3)."""
    return "a=key-mgmt:mikey " + (message if isinstance(message, str) else mikey.text(message))


def mcptt_info(caller: str = ALICE, callee: str | None = None) -> bytes:
    """The MCPTT description of the call."""
    target = (
        f'<mcptt-request-uri type="Normal"><mcpttURI>{callee}</mcpttURI></mcptt-request-uri>'
        if callee
        else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n'
        '<mcpttinfo xmlns="urn:3gpp:ns:mcpttInfo:1.0"><mcptt-Params><session-type>private</session-type>'
        f'{target}<mcptt-calling-user-id type="Normal"><mcpttURI>{caller}</mcpttURI></mcptt-calling-user-id>'
        '<mcptt-client-id type="Normal"><mcpttString>'
        "urn:uuid:5aa6f7c3-3c1d-4d4b-9d29-0cc1f2a5b6e1</mcpttString>"
        "</mcptt-client-id></mcptt-Params></mcpttinfo>\r\n"
    ).encode()


def resource_lists(callee: str = BOB) -> bytes:
    """The list that names the callee of a private call."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n'
        '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" '
        'xmlns:cc="urn:ietf:params:xml:ns:copycontrol"><list>'
        f'<entry uri="{callee}" cc:copyControl="to"/></list></resource-lists>\r\n'
    ).encode()


def request(
    method: str,
    number: int,
    kind: str | None = None,
    body: bytes = b"",
    *,
    sent_by: str = "10.1.0.10:5060",
    caller: str = ALICE,
    callee: str = BOB,
    to_tag: str | None = None,
    cseq: int = 1,
    via: str = "",
    rport: bool = False,
) -> Message:
    """A short request; the number makes branch, Call-ID and From tag."""
    headers = [
        ("Via", f"SIP/2.0/UDP {sent_by};branch=z9hG4bK-{number}{';rport' if rport else ''}{via}"),
        ("Max-Forwards", "70"),
        ("From", f"<{caller}>;tag=from-{number}"),
        ("To", f"<{callee}>" + (f";tag={to_tag}" if to_tag else "")),
        ("Call-ID", f"call-{number}@client.example"),
        ("CSeq", f"{cseq} {method}"),
    ]
    if kind is not None:
        headers.append(("Content-Type", kind))
    return Message(f"{method} {callee} SIP/2.0", tuple(headers), body)


def offer(method: str, number: int, message: mikey.Draft | bytes | str, **options: Any) -> Message:
    """A short request with one session-level key-mgmt line in its SDP."""
    return request(method, number, SDP, sdp([key_line(message)]), **options)


def small(
    number: int,
    kmsi: str | None = "kms.a.example",
    kmsr: str | None = "kms.a.example",
    method: str = "INVITE",
    **options: Any,
) -> Message:
    """A request of well under 1400 bytes with these KMSs, for captures that need many."""
    caller, callee = str(options.get("caller", ALICE)), str(options.get("callee", BOB))
    return offer(method, number, mikey.i_message(kmsi, kmsr, caller, callee, small=True), **options)


def invite(
    number: int,
    message: mikey.Draft | bytes | str | None = None,
    *,
    kmsi: str = "kms.a.example",
    kmsr: str = "kms.a.example",
    media: bool = False,
    **options: Any,
) -> Message:
    """A full MC INVITE of 2.4-2.9 kB: two Vias, service headers, SDP, mcptt-info and resource-lists."""
    caller, callee = str(options.get("caller", ALICE)), str(options.get("callee", BOB))
    if message is None:
        message = mikey.i_message(kmsi, kmsr, caller, callee)
    line = [key_line(message)]
    parts = [
        Part(SDP, sdp(media=line) if media else sdp(line)),
        Part(MCPTT, mcptt_info(caller)),
        Part(LISTS, resource_lists(callee), (("Content-Disposition", "recipient-list"),)),
    ]
    short = request("INVITE", number, **options)
    headers = list(short.headers)
    headers[1:1] = [
        ("Via", f"SIP/2.0/UDP client.mc1.example:5062;branch=z9hG4bK-ue-{number};received=10.1.9.9")
    ]
    headers += [
        ("Contact", '<sip:alice@10.1.0.10:5060>;+g.3gpp.mcptt;+sip.instance="<urn:uuid:5aa6f7c3>"'),
        ("Accept-Contact", "*;+g.3gpp.mcptt;require;explicit"),
        ("P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.mcptt"),
        ("P-Access-Network-Info", "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2341500010A2B3C4"),
        ("Supported", "timer, 100rel, gruu"),
        ("Session-Expires", "1800;refresher=uac"),
        ("Allow", "INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, MESSAGE, REFER, NOTIFY, SUBSCRIBE, INFO"),
        ("Content-Type", f'multipart/mixed; boundary="{BOUNDARY}"'),
    ]
    return Message("INVITE sip:mcptt-orig@ims.example SIP/2.0", tuple(headers), multipart(parts))


def response(to: Message, status: int, reason: str, kind: str | None = None, body: bytes = b"") -> Message:
    """A response to a request, with a To tag of its own."""
    copied = ("via", "from", "to", "call-id", "cseq")
    headers = [
        (n, v + (";tag=uas-1" if n == "To" and ";tag=" not in v else ""))
        for n, v in to.headers
        if n.lower() in copied
    ]
    if kind is not None:
        headers.append(("Content-Type", kind))
    return Message(f"SIP/2.0 {status} {reason}", tuple(headers), body)


def hop(to: Message, method: str, to_tag: str | None = None) -> Message:
    """The ACK (of a non-2xx response) or the CANCEL of a request: same top Via, Call-ID and CSeq number."""
    number = to.get("CSeq").split()[0]
    target = to.get("To") + (f";tag={to_tag}" if to_tag else "")
    headers = (
        ("Via", to.get("Via")),
        ("Max-Forwards", "70"),
        ("From", to.get("From")),
        ("To", target),
        ("Call-ID", to.get("Call-ID")),
        ("CSeq", f"{number} {method}"),
    )
    return Message(f"{method} {to.start.split()[1]} SIP/2.0", headers)
