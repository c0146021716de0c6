# SPDX-License-Identifier: BSD-3-Clause
"""The capture of ./tools/demo: one of everything that an edge meets."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.sip import Part  # noqa: E402

CAROL = "sip:carol@mc1.example"


def by_carol(number: int, kmsi: str) -> sip.Message:
    """An INVITE of a user who does not roam."""
    return sip.invite(number, kmsi=kmsi, kmsr="kms.b.example", caller=CAROL)


def disguised(number: int) -> sip.Message:
    """A forbidden I_MESSAGE in a nested multipart, its SDP under base64."""
    body = sip.sdp([sip.key_line(mikey.i_message(kmsi="kms.b.example", idri=CAROL))])
    packed = Part(sip.SDP, base64.encodebytes(body).replace(b"\n", b"\r\n"), (("Content-Transfer-Encoding", "base64"),))
    inner = sip.multipart([packed], "inner")
    outer = sip.multipart(
        [Part("text/plain", b"a=key-mgmt:mikey is only talked about here"), Part('multipart/related;boundary="inner"', inner)]
    )
    return sip.request("MESSAGE", number, f"multipart/mixed;boundary={sip.BOUNDARY}", outer, caller=CAROL)


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()
    out.send("inside", 1.0, sip.invite(1, kmsi="kms.a.example", kmsr="kms.a.example"))
    out.send("inside", 2.0, sip.invite(2, kmsi="kms.c.example", kmsr="kms.a.example"))
    out.send("inside", 3.0, by_carol(3, "kms.c.example"))
    out.send("inside", 4.0, by_carol(4, "kms.a.example"))
    out.send("inside", 5.0, disguised(5))
    twice = mikey.i_message(kmsi="kms.c.example")
    twice.payloads.insert(twice.find(14, 6), mikey.idr(6, "kms.a.example"))
    out.send("inside", 6.0, sip.offer("INVITE", 6, twice))
    out.send("inside", 7.0, sip.request("OPTIONS", 7))
    back = {"caller": sip.BOB, "callee": CAROL}
    out.send("outside", 8.0, sip.invite(8, kmsi="kms.b.example", kmsr="kms.b.example", **back))
    out.send("outside", 9.0, sip.invite(9, kmsi="kms.b.example", kmsr="kms.a.example", **back))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
