# SPDX-License-Identifier: BSD-3-Clause
"""A KRR where none belongs."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, krr, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


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
    return out


if __name__ == "__main__":
    main(scene(), __file__)
