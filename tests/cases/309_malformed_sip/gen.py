# SPDX-License-Identifier: BSD-3-Clause
"""Bytes on the signalling port that are no SIP message, without any claim of MIKEY."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    samples = [
        b"hello\r\n\r\n",
        bytes.fromhex("000100002112a442") + bytes(range(12)),
        b"INVITE\r\n\r\n",
        b"INVITE sip:bob@mc2.example SIP/2.0",
        b"\x00" * 40,
        b"INVITE sip:bob@mc2.example SIP/7.0\r\nVia: x\r\n\r\n",
    ]
    for at, sample in enumerate(samples, 1):
        out.send("inside", float(at), sample)
    out.send("inside", 10.0, sip.request("OPTIONS", 1, sip.SDP, sip.sdp()).drop("CSeq"))
    out.send(
        "inside",
        11.0,
        sip.Message(
            "OPTIONS sip:bob@mc2.example SIP/2.0", sip.request("OPTIONS", 2).headers, b"short", "500"
        ),
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
