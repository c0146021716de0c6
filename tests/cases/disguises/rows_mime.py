# SPDX-License-Identifier: BSD-3-Clause
"""I_MESSAGEs in bodies: types, parts, boundaries, transfer encodings."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from urllib.parse import quote

from lib import mikey, sip
from lib.sip import Part

from .kit import CRLF, NOTE, Kit, Row

Code = Callable[[bytes], bytes]


def typed(name: str, kind: str | None, treatment: str = "judged") -> Row:
    """The SDP under this Content-Type."""
    return Row(f"type: {name}", treatment, lambda k: k.request(kind, k.sdp(k.line())))


def header(name: str, old: str, new: str, treatment: str = "judged") -> Row:
    """The plain INVITE with bytes of its head replaced."""
    return Row(
        f"type: {name}",
        treatment,
        lambda k: k.offer(k.line()).encode().replace(old.encode(), new.encode(), 1),
    )


def bounded(
    name: str, parameter: str, boundary: str, treatment: str = "judged", kind: str = "multipart/mixed"
) -> Row:
    """A multipart with this boundary parameter; the parts are cut by `boundary`."""

    def build(k: Kit) -> sip.Message:
        part = k.sdp_part() if treatment == "judged" else Part(sip.SDP, k.plain())
        return k.mixed(NOTE, part, kind=kind + parameter, boundary=boundary)

    return Row(f"multipart: {name}", treatment, build)


def subtype(kind: str) -> Row:
    """A multipart of this subtype."""
    return bounded(kind, ";boundary=b1", "b1", kind=f"multipart/{kind}")


def nested(k: Kit, depth: int) -> sip.Message:
    """The SDP under so many multiparts."""
    body, kind = k.sdp(*k.quiet()), sip.SDP
    for level in range(depth):
        body, kind = sip.multipart([Part(kind, body)], f"n{level}"), f"multipart/mixed;boundary=n{level}"
    return k.request(kind, body)


def encoded(name: str, token: str, code: Code, treatment: str = "judged", harmless: str | None = None) -> Row:
    """The SDP as a part under a transfer encoding; harmless traffic may need another token."""

    def build(k: Kit) -> sip.Message:
        body = k.sdp(k.line()) if treatment == "judged" else k.plain()
        say = harmless if k.harmless and harmless else token
        data = body if say == harmless and k.harmless else code(body)
        return k.mixed(NOTE, Part(sip.SDP, data, (("Content-Transfer-Encoding", say),)))

    return Row(f"encoding: {name}", treatment, build)


def whole_body_encoded(k: Kit) -> sip.Message:
    """The transfer encoding stands among the SIP headers."""
    message = k.request(sip.SDP, base64.encodebytes(k.sdp(k.line())))
    return message.add("Content-Transfer-Encoding", "base64")


def keyed(
    name: str, code: Code, token: str | None = None, treatment: str = "judged", kind: str = "{}"
) -> Row:
    """An application/mikey part in this form."""

    def build(k: Kit) -> sip.Message:
        headers = (("Content-Transfer-Encoding", token),) if token else ()
        return k.mixed(NOTE, Part(kind.format(k.mime), code(k.raw), headers))

    return Row(f"application/mikey: {name}", treatment, build)


def inner(k: Kit) -> bytes:
    """A whole SIP message with the SDP in it, for message/sip."""
    return sip.request("INVITE", 9000, sip.SDP, k.sdp(k.line())).encode()


def fragment(k: Kit) -> bytes:
    """A sipfrag: a few headers and the SDP."""
    body = k.sdp(k.line())
    return f"Content-Type: {sip.SDP}{CRLF}Content-Length: {len(body)}{CRLF}{CRLF}".encode() + body


def one_header(k: Kit) -> sip.Message:
    """A sipfrag that is a Refer-To and nothing else; the body stands in its URI."""
    body = quote(k.plain(), safe="")
    return k.request("message/sipfrag", f"Refer-To: <sip:b@mc2.example?body={body}>{CRLF}".encode(), "NOTIFY")


def sip_in_sipfrag(k: Kit) -> sip.Message:
    """message/sip inside message/sipfrag."""
    whole = inner(k)
    body = f"Content-Type: message/sip{CRLF}Content-Length: {len(whole)}{CRLF}{CRLF}".encode() + whole
    return k.request("message/sipfrag", body, "NOTIFY")


def two_boundaries(k: Kit, where: str) -> sip.Message:
    """The boundary parameter stands twice; the part is cut by one of the two."""
    parts = sip.multipart([NOTE, k.sdp_part()], where)
    return k.request("multipart/mixed;boundary=b1;boundary=b2", parts)


def loose_delimiters(k: Kit, old: bytes, new: bytes) -> sip.Message:
    """The body of a multipart with its bytes changed."""
    message = k.mixed(NOTE, k.sdp_part())
    return k.request("multipart/mixed;boundary=b1", message.body.replace(old, new))


def encoded_container(k: Kit, kind: str, body: bytes) -> sip.Message:
    """A part that holds other parts, itself under base64."""
    return k.mixed(NOTE, Part(kind, wrapped(body), (("Content-Transfer-Encoding", "base64"),)))


def sip_of_parts(k: Kit) -> sip.Message:
    """multipart in message/sip in multipart in message/sip."""
    body, kind = k.sdp(k.line()), sip.SDP
    for level in range(2):
        body, kind = (
            sip.multipart([NOTE, Part(kind, body)], f"m{level}"),
            f"multipart/mixed;boundary=m{level}",
        )
        body, kind = sip.request("MESSAGE", 9000 + level, kind, body).encode(), "message/sip"
    return k.request(kind, body, "NOTIFY")


def two_encodings(k: Kit) -> sip.Message:
    """Two transfer encodings that differ."""
    headers = (("Content-Transfer-Encoding", "7bit"), ("Content-Transfer-Encoding", "base64"))
    return k.mixed(NOTE, Part(sip.SDP, wrapped(k.plain()), headers[:0] if k.harmless else headers))


def wrapped(data: bytes) -> bytes:
    """base64 in lines of 76."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


SDP_LINE = "Content-Type: application/sdp"
ROWS = [
    typed("upper case", "APPLICATION/SDP"),
    typed("blanks around the slash", "application / sdp"),
    typed("parameter", "application/sdp;charset=UTF-8"),
    typed("comment", "application/sdp (offer)"),
    typed("none at all", None),
    header("compact name", SDP_LINE, "c:application/sdp"),
    header("odd-case name", SDP_LINE, "cOnTeNt-TyPe:application/sdp"),
    header("blanks before the colon", SDP_LINE, "Content-Type \t : application/sdp"),
    header("folded", SDP_LINE, "Content-Type:\r\n  application/sdp"),
    header("twice, SDP first", SDP_LINE, SDP_LINE + "\r\nContent-Type: text/plain"),
    header("twice, SDP last", SDP_LINE, "Content-Type: text/plain\r\n" + SDP_LINE),
    header("twice, compact last", SDP_LINE, "Content-Type: text/plain\r\nc: application/sdp"),
    *[
        subtype(kind)
        for kind in ("mixed", "alternative", "related", "parallel", "digest", "form-data", "x-unheard-of")
    ],
    bounded("quoted boundary", ';boundary="b 1:?=x"', "b 1:?=x"),
    bounded("quoted pair in the boundary", ';boundary="b\\-1"', "b-1"),
    bounded("upper-case parameter", ";BOUNDARY=b1", "b1"),
    bounded("blanks around the parameter", ' ; boundary = "b1"', "b1"),
    bounded("folded parameters", ";\r\n\tcharset=x;\r\n boundary=b1", "b1"),
    bounded("reordered parameters", ";type=x;start=y;boundary=b1;z=1", "b1"),
    bounded("comment before the parameter", " (x) ;boundary=b1", "b1"),
    bounded("boundary inside another parameter", ';x="boundary=b9";boundary=b1', "b1"),
    bounded("upper-case type", ";boundary=b1", "b1", kind="MULTIPART/Mixed"),
    bounded("boundary in extended form", ";boundary*=us-ascii''b1", "b1", "guarded"),
    bounded("boundary in two pieces", ";boundary*0=b;boundary*1=1", "b1", "guarded"),
    bounded("boundary with a longer twin", ";boundary=b1", "b1x", "guarded"),
    Row("multipart: boundary twice, first counts", "judged", lambda k: two_boundaries(k, "b1")),
    Row("multipart: boundary twice, second counts", "judged", lambda k: two_boundaries(k, "b2")),
    Row(
        "multipart: blanks after the delimiter",
        "judged",
        lambda k: loose_delimiters(k, b"--b1\r\n", b"--b1 \t \r\n"),
    ),
    Row("multipart: lone LF", "judged", lambda k: loose_delimiters(k, b"\r\n", b"\n")),
    Row("multipart: lone CR", "judged", lambda k: loose_delimiters(k, b"\r\n", b"\r")),
    Row("multipart: not closed", "judged", lambda k: loose_delimiters(k, b"--b1--\r\n", b"")),
    Row(
        "multipart: part headers in odd case",
        "judged",
        lambda k: loose_delimiters(k, b"Content-Type: application/sdp", b"content-TYPE : Application/SDP"),
    ),
    Row(
        "multipart: part headers folded",
        "judged",
        lambda k: loose_delimiters(
            k, b"Content-Type: application/sdp", b"Content-Type:\r\n application/sdp;\r\n x=1"
        ),
    ),
    Row(
        "multipart: NULs in the part before",
        "judged",
        lambda k: k.mixed(Part("application/octet-stream", bytes(40)), k.sdp_part()),
    ),
    Row(
        "multipart: early-session disposition",
        "judged",
        lambda k: k.mixed(NOTE, k.sdp_part(("Content-Disposition", "early-session;handling=optional"))),
    ),
    Row("multipart: three levels deep", "judged", lambda k: nested(k, 3)),
    Row("multipart: beyond any depth", "uninspectable", lambda k: nested(k, 1 if k.harmless else 25)),
    encoded("base64", "base64", wrapped),
    encoded("base64 in odd case", "BaSe64", wrapped),
    encoded("base64 with a comment", "base64 (really)", wrapped, "guarded"),
    encoded("quoted-printable", "quoted-printable", lambda b: quopri.encodestring(b, quotetabs=True)),
    encoded("quoted-printable, all escaped", "quoted-printable", lambda b: b"".join(b"=%02X" % c for c in b)),
    encoded("7bit", "7bit", bytes),
    encoded("8bit", "8bit", bytes),
    encoded("binary", "binary", bytes),
    encoded("unknown", "x-uuencode", lambda b: b.swapcase(), "uninspectable", "8bit"),
    encoded(
        "base64 with strange characters",
        "base64",
        lambda b: wrapped(b).replace(b"A", b"A!", 3),
        "guarded",
        "8bit",
    ),
    Row("encoding: among the SIP headers", "judged", whole_body_encoded),
    Row("application/mikey: whole body", "judged", lambda k: k.request(k.mime, k.raw, "MESSAGE")),
    keyed("raw", bytes),
    keyed("binary", bytes, "binary"),
    keyed("base64", wrapped, "base64"),
    keyed("quoted-printable", lambda b: b"".join(b"=%02X" % c for c in b), "quoted-printable"),
    keyed("base64 text without encoding", base64.b64encode),
    keyed("base64 text in lines without encoding", wrapped, None, "malformed"),
    keyed("odd case and parameter", bytes, None, "judged", "{};VERSION=1"),
    keyed("raw with a line break after it", lambda b: b + b"\r\n", None, "malformed"),
    Row(
        "application/mikey: upper-case type", "judged", lambda k: k.request(k.mime.upper(), k.raw, "MESSAGE")
    ),
    Row("message: sip", "judged", lambda k: k.request("message/sip", inner(k), "NOTIFY")),
    Row("message: sipfrag", "judged", lambda k: k.request("message/sipfrag", fragment(k), "NOTIFY")),
    Row(
        "message: sipfrag with version",
        "judged",
        lambda k: k.request("message/sipfrag;version=2.0", b"SIP/2.0 200 OK\r\n" + fragment(k), "NOTIFY"),
    ),
    Row("message: sip in sipfrag", "judged", sip_in_sipfrag),
    Row("message: sipfrag of one header", "judged", one_header),
    Row(
        "multipart: no boundary parameter",
        "guarded",
        lambda k: k.request("multipart/mixed", sip.multipart([Part(sip.SDP, k.plain())], "b1")),
    ),
    Row(
        "encoding: base64 of a multipart",
        "judged",
        lambda k: encoded_container(
            k, "multipart/mixed;boundary=i1", sip.multipart([NOTE, k.sdp_part()], "i1")
        ),
    ),
    Row("encoding: base64 of message/sip", "judged", lambda k: encoded_container(k, "message/sip", inner(k))),
    Row(
        "encoding: base64 of XML",
        "judged",
        lambda k: encoded_container(k, "application/x+xml", f"<a><b>{k.text}</b></a>".encode()),
    ),
    Row("encoding: two that differ", "guarded", two_encodings),
    Row("message: sip and multipart in turns", "judged", sip_of_parts),
    Row("message: sip in multipart", "judged", lambda k: k.mixed(NOTE, Part("message/sip", inner(k)))),
]
