# SPDX-License-Identifier: BSD-3-Clause
"""The same with something that claims to be MIKEY."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    key = mikey.i_message(small=True)
    line = sip.key_line(key)
    body = sip.sdp([line])
    short = sip.request("INVITE", 1, sip.SDP, body)
    out.send("inside", 1.0, sip.Message(short.start, short.headers, body, str(len(body) + 100)))
    out.send("inside", 2.0, sip.Message(short.start, sip.request("INVITE", 2, sip.SDP).headers, body, "-5"))
    out.send("inside", 3.0, b"hello\r\n\r\n" + line.encode() + b"\r\n")
    out.send("inside", 4.0, sip.request("INVITE", 4, sip.SDP, body).drop("CSeq"))
    out.send("inside", 5.0, sip.request("INVITE", 5, sip.SDP, body).drop("Via"))
    out.send("inside", 6.0, b"\x00\x01garbage application/MIKEY\x00")
    out.send("inside", 7.0, b"\x00\x01garbage " + mikey.text(key).encode() + b"\x00")
    return out


if __name__ == "__main__":
    main(scene(), __file__)
