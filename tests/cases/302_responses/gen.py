# SPDX-License-Identifier: BSD-3-Clause
"""Responses: with an offer, with a MIKEY answer, with nothing."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    asked = sip.request("INVITE", 1)
    out.send("inside", 1.0, asked)
    out.send("outside", 2.0, sip.response(asked, 100, "Trying"))
    out.send("outside", 3.0, sip.response(asked, 183, "Session Progress", sip.SDP, sip.sdp()))
    for at, status, kms in (
        (4.0, 183, "kms.a.example"),
        (5.0, 183, "kms.b.example"),
        (6.0, 200, "kms.a.example"),
        (7.0, 200, "kms.b.example"),
    ):
        body = sip.sdp([sip.key_line(mikey.i_message(kms, kms, sip.BOB, sip.ALICE, small=True))])
        out.send("outside", at, sip.response(asked, status, "OK", sip.SDP, body))
    for at, data_type in ((8.0, 3), (9.0, 5), (10.0, 6), (11.0, 27)):
        body = sip.sdp([sip.key_line(mikey.i_message("kms.b.example", data_type=data_type, small=True))])
        out.send("outside", at, sip.response(asked, 200, "OK", sip.SDP, body))
    out.send("outside", 12.0, sip.response(asked, 488, "Not Acceptable Here", sip.SDP, sip.sdp()))
    out.send("outside", 13.0, sip.response(asked, 486, "Busy Here"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
