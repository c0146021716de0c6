# SPDX-License-Identifier: BSD-3-Clause
"""What a row of the table of disguises is, and what its builder gets."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib import mikey, sip

# judged: the allowed KMS passes, the forbidden one does not.
# uninspectable, malformed: neither passes. guarded: the forbidden one does not, the allowed one may.
# In every treatment harmless traffic of the same shape passes.
TREATMENTS = ("judged", "uninspectable", "malformed", "guarded")
VARIANTS = ("allowed", "forbidden", "harmless")
KMS = {"allowed": "kms.a.example", "forbidden": "kms.b.example"}
CRLF = "\r\n"


def key_of(variant: str) -> bytes | None:
    """The I_MESSAGE of a variant, both KMSs the same; none in harmless traffic."""
    return mikey.i_message(KMS[variant], KMS[variant], small=True).encode() if variant in KMS else None


@dataclass(frozen=True)
class Kit:
    """What a builder needs for one variant of one row."""

    number: int
    variant: str
    address: str

    @property
    def harmless(self) -> bool:
        """Whether there is no MIKEY in this variant."""
        return self.variant == "harmless"

    @property
    def raw(self) -> bytes:
        """The I_MESSAGE, or bytes of no meaning."""
        return key_of(self.variant) or mikey.filler("harmless", 60)

    @property
    def text(self) -> str:
        """The base64 form of `raw`."""
        return base64.b64encode(self.raw).decode()

    @property
    def mime(self) -> str:
        """application/mikey, or a type of no meaning."""
        return "application/octet-stream" if self.harmless else sip.MIKEY

    def opposite(self) -> str:
        """base64 of the message that this variant is not: for decoys."""
        return mikey.text(key_of("allowed" if self.variant == "forbidden" else "forbidden") or b"")

    def line(self, template: str = "a=key-mgmt:mikey {}") -> str:
        """A key-mgmt line; in harmless traffic it names another protocol."""
        if self.harmless:
            template = template.replace("mikey", "keyp2").replace("MIKEY", "KEYP2").replace("Mikey", "Keyp2")
        return template.format(self.text)

    def quiet(self) -> list[str]:
        """The plain key-mgmt line, or no line at all: for shapes where a claim alone is enough."""
        return [] if self.harmless else [self.line()]

    def sdp(self, *session: str, media: str | None = None, eol: str = CRLF, last: str = "") -> bytes:
        """A small SDP with these session-level lines."""
        rows = ["v=0", "o=- 1 1 IN IP4 10.1.0.10", "s=-", "c=IN IP4 10.1.0.10", "t=0 0", *session]
        rows += ["m=audio 49152 RTP/SAVP 97", "a=rtpmap:97 AMR-WB/16000"] + ([media] if media else [])
        return (eol.join(rows) + eol + last).encode("utf-8", "surrogateescape")

    def plain(self) -> bytes:
        """The SDP with the plain line, or without any."""
        return self.sdp(*self.quiet())

    def request(self, kind: str | None, body: bytes, method: str = "INVITE", **options: Any) -> sip.Message:
        """A short request from this row's own address."""
        return sip.request(method, self.number, kind, body, sent_by=self.address, **options)

    def offer(self, *session: str, **options: Any) -> sip.Message:
        """An INVITE with an SDP of these session-level lines."""
        return self.request(sip.SDP, self.sdp(*session, **options))

    def mixed(
        self, *parts: sip.Part, kind: str = "multipart/mixed;boundary=b1", boundary: str = "b1"
    ) -> sip.Message:
        """An INVITE with a multipart body."""
        return self.request(kind, sip.multipart(list(parts), boundary))

    def sdp_part(self, *headers: tuple[str, str]) -> sip.Part:
        """The SDP as a part, with further part headers."""
        return sip.Part(sip.SDP, self.sdp(self.line()), headers)


Built = sip.Message | bytes | list[sip.Message | bytes]


@dataclass(frozen=True)
class Row:
    """A disguise: its name, its treatment, how to build it; the builder may return what goes before it."""

    name: str
    treatment: str
    build: Callable[[Kit], Built]
    port: str = "inside"
    udp_port: int = 5060


NOTE = sip.Part("text/plain", b"a note\r\n")
