# SPDX-License-Identifier: BSD-3-Clause
"""Bodies that cannot be inspected, and decoys that must not decide."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from lib import mikey, sip
from lib.sip import Part

from .kit import NOTE, Kit, Row

Code = Callable[[bytes], bytes]


def opaque(name: str, kind: str, harmless: str = "text/plain") -> Row:
    """The SDP under a type that cannot be inspected; the harmless twin says what it is."""
    return Row(
        f"opaque: {name}", "uninspectable", lambda k: k.request(harmless if k.harmless else kind, k.plain())
    )


def packed(name: str, field: str, token: str, pack: Code) -> Row:
    """The SDP under a content encoding; the harmless twin says identity."""

    def build(k: Kit) -> sip.Message:
        body = k.plain() if k.harmless else pack(k.plain())
        return k.request(sip.SDP, body).add(field, "identity" if k.harmless else token)

    return Row(f"opaque: {name}", "uninspectable", build)


def packed_part(k: Kit) -> sip.Message:
    """A content encoding among the headers of a part."""
    if k.harmless:
        return k.mixed(NOTE, Part(sip.SDP, k.plain()))
    return k.mixed(NOTE, Part(sip.SDP, gzip.compress(k.plain(), mtime=0), (("Content-Encoding", "gzip"),)))


def signed(k: Kit) -> sip.Message:
    """multipart/signed with a detached signature: the first part is readable."""
    kind = 'multipart/signed;protocol="application/pkcs7-signature";micalg=sha-256;boundary=b1'
    signature = Part("application/pkcs7-signature;name=smime.p7s", b"0\x82" + mikey.filler("p7s", 90))
    return k.mixed(k.sdp_part(), signature, kind=kind)


def text_decoy(k: Kit, kind: str) -> sip.Message:
    """A text part with the opposite line; the real SDP decides."""
    return k.mixed(Part(kind, f"v=0\r\na=key-mgmt:mikey {k.opposite()}\r\n".encode()), k.sdp_part())


def header_decoy(k: Kit, field: str, fold: bool = False) -> sip.Message:
    """A header value with the opposite line; the real SDP decides."""
    return k.offer(k.line()).add(field, ("x\r\n " if fold else "") + f"a=key-mgmt:mikey {k.opposite()}")


ROWS = [
    opaque("external-body", 'message/external-body;access-type=URL;URL="http://x.example/k"'),
    opaque("partial", "message/partial;id=1;number=1;total=2"),
    opaque("pkcs7-mime", "application/pkcs7-mime;smime-type=enveloped-data"),
    opaque("x-pkcs7-mime", "application/x-pkcs7-mime;smime-type=signed-data"),
    Row(
        "opaque: pkcs7-mime as a part",
        "uninspectable",
        lambda k: k.mixed(NOTE, Part("text/plain" if k.harmless else "application/pkcs7-mime", k.plain())),
    ),
    Row(
        "opaque: external-body as a part",
        "uninspectable",
        lambda k: k.mixed(
            NOTE, Part("text/plain" if k.harmless else "message/external-body;access-type=URL", k.plain())
        ),
    ),
    Row(
        "opaque: multipart/encrypted",
        "uninspectable",
        lambda k: signed(k)
        if k.harmless
        else k.mixed(
            Part("application/pgp-encrypted", b"Version: 1\r\n"),
            Part("application/octet-stream", k.raw),
            kind='multipart/encrypted;protocol="application/pgp-encrypted";boundary=b1',
        ),
    ),
    Row("signed: detached signature", "judged", signed),
    packed("gzip", "Content-Encoding", "gzip", lambda b: gzip.compress(b, mtime=0)),
    packed("deflate, compact name", "e", "deflate", zlib.compress),
    packed("unknown encoding", "Content-Encoding", "x-own", lambda b: b.swapcase()),
    packed("gzip after identity", "Content-Encoding", "identity, gzip", lambda b: gzip.compress(b, mtime=0)),
    packed("gzip after identity with a parameter", "e", "identity;q=0.5, gzip", lambda b: gzip.compress(b, mtime=0)),
    Row("opaque: gzip in a part", "uninspectable", packed_part),
    Row(
        "encoding: content encoding identity",
        "judged",
        lambda k: k.offer(k.line()).add("Content-Encoding", "identity"),
    ),
    Row("decoy: text/plain part", "judged", lambda k: text_decoy(k, "text/plain")),
    Row("decoy: text/html part", "judged", lambda k: text_decoy(k, "text/html")),
    Row("decoy: Subject", "judged", lambda k: header_decoy(k, "Subject")),
    Row("decoy: folded header", "judged", lambda k: header_decoy(k, "Subject", fold=True)),
    Row("decoy: unknown header", "judged", lambda k: header_decoy(k, "X-Note")),
]
