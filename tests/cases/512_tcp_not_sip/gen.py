# SPDX-License-Identifier: BSD-3-Clause
"""Streams on the SIP port that do not start with SIP; heads whose end readers see in different places."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk, over_tcp  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    texts = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n\r\nHELO me\r\n\r\n",
        over_tcp(sip.small(3, "kms.b.example")).replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1),
        over_tcp(sip.request("OPTIONS", 4)).replace(b"\r\nCSeq", b"\n\nCSeq"),
        over_tcp(sip.request("OPTIONS", 5)).replace(b"\r\nCSeq", b"\r\n\nCSeq"),
        b"\x00\x00\x00\x00" + over_tcp(sip.small(6, "kms.b.example")),
        b"\x00\x00\x00\x00" + over_tcp(sip.request("OPTIONS", 7)),
    ]
    for number, text in enumerate(texts, 1):
        talk = Talk(out, float(number), number).open()
        talk.say("inside", text, heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
