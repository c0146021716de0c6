# SPDX-License-Identifier: BSD-3-Clause
"""SIP on ports that are not listed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    off = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 6000), dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 6001)
    )
    out.send("inside", 1.0, sip.small(1, sent_by="10.1.0.10:6000"), off)
    out.send("inside", 2.0, sip.small(2, "kms.b.example", sent_by="10.1.0.10:6000"), off)
    out.send(
        "inside", 3.0, b"\r\n\r\n" + sip.small(3, "kms.b.example", sent_by="10.1.0.10:6000").encode(), off
    )
    lower = (
        sip.small(4, "kms.b.example", sent_by="10.1.0.10:6000")
        .encode()
        .replace(b"SIP/2.0\r\n", b"sip/2.0\r\n", 1)
    )
    out.send("inside", 4.0, lower, off)
    body = sip.sdp([sip.key_line(mikey.i_message("kms.b.example", "kms.b.example", small=True))])
    reply = sip.response(sip.request("INVITE", 5), 200, "OK", sip.SDP, body)
    back = wire.Flow(off.dst, off.src)
    out.send("outside", 5.0, reply, back)
    out.frames(
        "inside",
        6.0,
        wire.udp(off.but(ident=77), sip.invite(6, kmsi="kms.b.example", sent_by="10.1.0.10:6000").encode()),
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
