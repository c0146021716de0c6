# SPDX-License-Identifier: BSD-3-Clause
"""I_MESSAGEs and the message around them: methods, responses, lengths, line ends, ports, SigComp."""

from __future__ import annotations

from dataclasses import replace

from lib import sip

from .kit import Kit, Row

METHODS = ("UPDATE", "PRACK", "ACK", "OPTIONS", "SUBSCRIBE", "BYE", "CANCEL", "NEWMETHOD")
RAW_METHODS = ("REGISTER", "PUBLISH", "MESSAGE", "NOTIFY", "INFO", "REFER")


def by_method(method: str) -> Row:
    """The SDP in a request of this method."""
    return Row(
        f"method: {method}",
        "judged",
        lambda k: k.request(sip.SDP, k.sdp(k.line()), method, to_tag="peer" if method == "ACK" else None),
    )


def raw_by_method(method: str) -> Row:
    """An application/mikey body in a request of this method."""
    return Row(f"method: {method}", "judged", lambda k: k.request(k.mime, k.raw, method))


def reply(k: Kit, status: int, kind: str, body: bytes) -> sip.Message:
    """A response of the peer with a body."""
    return sip.response(sip.request("INVITE", k.number), status, "Fine", kind, body)


def answered(status: int, treatment: str = "judged") -> Row:
    """The SDP in a response."""
    return Row(f"response: {status}", treatment, lambda k: reply(k, status, sip.SDP, k.plain()), "outside")


def sized(name: str, length: str | None, treatment: str) -> Row:
    """The plain INVITE with another Content-Length."""

    def build(k: Kit) -> sip.Message:
        body = k.plain()
        return replace(k.request(sip.SDP, body), length=length.format(n=len(body)) if length else None)

    return Row(f"length: {name}", treatment, build)


def after_end(k: Kit, extra: bytes) -> bytes:
    """A harmless INVITE with bytes after its Content-Length."""
    return k.offer().encode() + extra


def two_lengths(k: Kit) -> sip.Message:
    """Two Content-Lengths that differ."""
    body = k.plain()
    return replace(k.request(sip.SDP, body), length=f"{len(body)}\r\nContent-Length: 10")


def swapped(name: str, old: bytes, new: bytes, treatment: str = "judged", count: int = 1) -> Row:
    """The plain INVITE with bytes replaced."""
    return Row(f"sip: {name}", treatment, lambda k: k.offer(*k.quiet()).encode().replace(old, new, count))


def ended(name: str, eol: str, body_too: bool) -> Row:
    """The head, or the whole message, with other line ends."""
    return Row(
        f"sip: {name}",
        "judged",
        lambda k: k.request(sip.SDP, k.sdp(k.line(), eol=eol if body_too else "\r\n")).encode(eol),
    )


def sigcomp(first: int) -> Row:
    """A datagram that starts like SigComp; the harmless twin starts with another byte."""
    return Row(
        f"sigcomp: first byte {first:02X}",
        "uninspectable",
        lambda k: bytes([0x77 if k.harmless else first]) + b"\x41\x42" + k.raw[2:],
    )


def changed_copy(k: Kit) -> list[sip.Message | bytes]:
    """A harmless INVITE, then a copy of it with another body."""
    return [k.offer(), k.offer(k.line())]


def many_headers(k: Kit) -> sip.Message:
    """The Content-Type after eighty other headers."""
    message = k.request(None, k.sdp(k.line()))
    for index in range(80):
        message = message.add(f"X-{index}", "y")
    return message.add("Content-Type", sip.SDP)


def off(name: str, port: int, change: tuple[bytes, bytes] = (b"", b""), treatment: str = "judged") -> Row:
    """The plain INVITE from and to a port that is not listed."""
    return Row(
        f"port: {name}", treatment, lambda k: k.offer(*k.quiet()).encode().replace(*change, 1), "inside", port
    )


def second_message(k: Kit) -> bytes:
    """A second whole message behind the first."""
    other = sip.request("INVITE", 5000 + k.number, sip.SDP, k.sdp(k.line()), sent_by=k.address)
    return after_end(k, other.encode())


ROWS = [
    *[by_method(method) for method in METHODS],
    *[raw_by_method(method) for method in RAW_METHODS],
    answered(183),
    answered(180),
    answered(200),
    answered(202),
    answered(300, "guarded"),
    answered(488, "guarded"),
    answered(606, "guarded"),
    Row("response: 200 with application/mikey", "judged", lambda k: reply(k, 200, k.mime, k.raw), "outside"),
    Row("length: bytes after Content-Length", "judged", lambda k: after_end(k, k.sdp(k.line()))),
    Row("length: second message after the first", "judged", second_message),
    Row(
        "length: whole body after Content-Length 0",
        "judged",
        lambda k: replace(k.request(sip.SDP, k.sdp(k.line())), length="0"),
    ),
    Row("length: a line after Content-Length", "judged", lambda k: after_end(k, k.line().encode() + b"\r\n")),
    sized("absent", None, "judged"),
    sized("leading zeros", "0000{n}", "judged"),
    sized("compact and odd", "{n}\r\nl: {n}", "judged"),
    sized("larger than the body", "9999", "malformed"),
    sized("larger than any number", "99999999999999999999999", "malformed"),
    sized("negative", "-1", "malformed"),
    sized("no number", "many", "malformed"),
    sized("with a sign", "+{n}", "guarded"),
    Row("length: two that differ", "guarded", two_lengths),
    ended("lone LF in the head", "\n", False),
    ended("lone LF everywhere", "\n", True),
    ended("lone CR in the head", "\r", False),
    ended("lone CR everywhere", "\r", True),
    Row("sip: CRLFs before the start line", "judged", lambda k: b"\r\n\r\n\r\n" + k.offer(k.line()).encode()),
    swapped("NUL in a header value", b"Max-Forwards: 70", b"Subject: a\x00b\r\nMax-Forwards: 70"),
    swapped("NUL line among the headers", b"Max-Forwards: 70", b"X:\x00\x00\r\nMax-Forwards: 70"),
    swapped("NUL before the start line", b"INVITE", b"\x00INVITE", "guarded"),
    swapped("a line without colon", b"Max-Forwards: 70", b"nonsense\r\nMax-Forwards: 70", "guarded"),
    swapped("two blanks in the start line", b"INVITE sip:", b"INVITE  sip:", "guarded"),
    swapped("blank after the start line", b" SIP/2.0\r\n", b" SIP/2.0 \r\n", "guarded"),
    swapped("lower-case method", b"INVITE", b"invite", count=2),
    swapped("other version", b" SIP/2.0\r\n", b" SIP/2.1\r\n", "guarded"),
    swapped("CSeq of another method", b"CSeq: 1 INVITE", b"CSeq: 1 OPTIONS", "guarded"),
    swapped("no Via", b"Via: SIP/2.0/UDP", b"X-Via: SIP/2.0/UDP", "guarded"),
    swapped("blank line missing", b"\r\n\r\n", b"\r\n", "guarded"),
    Row("sip: Content-Type behind eighty headers", "judged", many_headers),
    Row("sip: copy with a changed body", "judged", changed_copy),
    off("unlisted", 5080),
    off("unlisted, high", 40000),
    off("unlisted, CRLFs first", 5080, (b"INVITE", b"\r\n\r\nINVITE")),
    off("unlisted, lower-case version", 5080, (b" SIP/2.0\r\n", b" sip/2.0\r\n")),
    sigcomp(0xF8),
    sigcomp(0xFB),
    sigcomp(0xFF),
]
