# SPDX-License-Identifier: BSD-3-Clause
"""A KRR where none belongs."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, krr, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402

MIXED = f"multipart/mixed; boundary={sip.BOUNDARY}"
KINDS = ("text/plain", "text/html", "application/sdp", "application/pkcs7-signature")


def disguised(body: bytes) -> list[sip.Message]:
    """A KRR under types that are not its own and in parts that say none, then the same shapes without one."""
    krr_part = sip.Part(krr.TYPE, answers.whole(answers.document([answers.A])))
    out: list[sip.Message] = []
    for text in (body, b"see <KmsRedirectResponse>, the root element"):
        bare = sip.multipart([sip.Part(None, b"@")]).replace(b"\r\n\r\n@", b"\r\n" + text)
        parts = sip.multipart([sip.Part("text/plain", b"x") if text != body else krr_part])
        rows = [(text, kind) for kind in KINDS]
        rows += [(sip.multipart([sip.Part(kind, text)]), MIXED) for kind in (*KINDS, None)]
        coded = sip.Part("text/plain", base64.b64encode(text), (("Content-Transfer-Encoding", "base64"),))
        rows += [(sip.multipart([coded]), MIXED), (bare, MIXED)]
        rows += [(text + b"\r\n" + parts, MIXED), (parts + text, MIXED)]
        first = 12 + len(out)
        out += [answers.refusal(sip.small(first + i), data, kind) for i, (data, kind) in enumerate(rows)]
    return out


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    body = answers.whole(answers.document([answers.A]))
    twice = sip.multipart([sip.Part(krr.TYPE, body), sip.Part(krr.TYPE, body)])
    mixed = f"multipart/mixed; boundary={sip.BOUNDARY}"
    inside = answers.refusal(sip.small(6), body).encode()
    rows = [
        sip.response(sip.small(1), 200, "OK", krr.TYPE, body),
        sip.response(sip.small(2), 486, "Busy Here", krr.TYPE, body),
        sip.response(sip.small(3), 183, "Session Progress", krr.TYPE, body),
        sip.request("MESSAGE", 4, krr.TYPE, body),
        answers.refusal(sip.small(5), twice, mixed),
        answers.refusal(sip.small(6), inside, "message/sip"),
        answers.refusal(sip.small(7), body, "application/xml"),
        answers.refusal(sip.small(8), body, "text/xml"),
        replace(answers.refusal(sip.small(9), body), length="0"),
    ]
    for number, message in enumerate(rows, 1):
        out.send("outside", float(number), message)
    out.send(
        "outside",
        10.0,
        sip.response(sip.small(10), 488, "Not Acceptable Here", "application/xml", b"<other/>"),
    )
    out.send("outside", 11.0, sip.response(sip.small(11), 488, "Not Acceptable Here"))
    for number, message in enumerate(disguised(answers.whole(answers.document([answers.B]))), 12):
        out.send("outside", float(number), message)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
