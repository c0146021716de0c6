# SPDX-License-Identifier: BSD-3-Clause
"""Several I_MESSAGEs: every one has to pass."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    good, bad = mikey.i_message(small=True), mikey.i_message("kms.b.example", "kms.c.example", small=True)
    worse = mikey.i_message("kms.d.example", "kms.d.example", small=True)
    sick = mikey.i_message(small=True, tail=b"\x00")
    for number, (session, media) in enumerate(
        [(good, good), (good, bad), (bad, good), (bad, worse), (good, sick), (sick, bad)], 1
    ):
        body = sip.sdp([sip.key_line(session)], [sip.key_line(media)])
        out.send("inside", float(number), sip.request("INVITE", number, sip.SDP, body))
    mixed = f"multipart/mixed;boundary={sip.BOUNDARY}"
    parts = [sip.Part(sip.SDP, sip.sdp([sip.key_line(good)])), sip.Part(sip.MIKEY, bad.encode())]
    out.send("inside", 7.0, sip.request("INVITE", 7, mixed, sip.multipart(parts)))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
