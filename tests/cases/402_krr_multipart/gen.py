# SPDX-License-Identifier: BSD-3-Clause
"""A KRR as one part among others, in every transfer encoding that has a name."""

from __future__ import annotations

import base64
import quopri
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, krr, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    text = answers.whole(answers.document([answers.B, answers.A], extra="<!-- a = b -->"))
    forms: list[tuple[bytes, str | None]] = [
        (text, None),
        (text, "8bit"),
        (text, "binary"),
        (base64.encodebytes(text).replace(b"\n", b"\r\n").rstrip(), "base64"),
        (
            quopri.encodestring(text.replace(b"\r\n", b"")).replace(b"\n", b"\r\n").rstrip(),
            "quoted-printable",
        ),
    ]
    number = 0
    for body, encoding in forms:
        for length in (False, True):
            number += 1
            headers = ((("Content-Transfer-Encoding", encoding),) if encoding else ()) + (
                (("Content-Length", str(len(body))),) if length else ()
            )
            parts = [
                sip.Part("text/plain", b"before"),
                sip.Part(krr.TYPE, body, headers),
                sip.Part("text/plain", b"behind"),
            ]
            kind = f'multipart/mixed; boundary="{sip.BOUNDARY}"'
            out.send("outside", float(number), answers.refusal(sip.small(number), sip.multipart(parts), kind))
    inner = sip.multipart([sip.Part(krr.TYPE, text, (("Content-Length", str(len(text))),))], "in")
    outer = sip.multipart(
        [sip.Part("multipart/mixed; boundary=in", inner, (("Content-Length", str(len(inner))),))], "out"
    )
    out.send("outside", 11.0, answers.refusal(sip.small(11), outer, "multipart/mixed; boundary=out"))
    out.send("outside", 12.0, replace(answers.refusal(sip.small(12), text), length=None))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
