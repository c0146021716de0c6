# SPDX-License-Identifier: BSD-3-Clause
"""Sources that disagree about whose user it is: one that says ours is enough."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    EVE = "sip:eve@mc1.example"
    by = {"sent_by": "10.2.0.20:5060"}
    key = mikey.i_message("kms.a.example", "kms.a.example", sip.ALICE, EVE, small=True)
    out.send("outside", 1.0, sip.offer("INVITE", 1, key, callee=sip.BOB, **by))
    key = mikey.i_message("kms.a.example", "kms.a.example", sip.ALICE, sip.BOB, small=True)
    out.send("outside", 2.0, sip.offer("INVITE", 2, key, callee=EVE, **by))
    key = mikey.i_message("kms.a.example", "kms.a.example", sip.ALICE, EVE, small=True)
    parts = [
        sip.Part(sip.SDP, sip.sdp([sip.key_line(key)])),
        sip.Part(sip.LISTS, sip.resource_lists(sip.BOB)),
    ]
    mixed = f"multipart/mixed;boundary={sip.BOUNDARY}"
    out.send("outside", 3.0, sip.request("INVITE", 3, mixed, sip.multipart(parts), callee=EVE, **by))
    parts[1] = sip.Part(sip.MCPTT, sip.mcptt_info(sip.ALICE, sip.BOB))
    out.send("outside", 4.0, sip.request("INVITE", 4, mixed, sip.multipart(parts), callee=EVE, **by))
    upper = mikey.i_message(
        "kms.a.example", "kms.a.example", sip.ALICE, "SIPS:%62ob@MC2.Example;user=x", small=True
    )
    out.send("outside", 5.0, sip.offer("INVITE", 5, upper, callee=EVE, **by))
    key = mikey.i_message("kms.a.example", "kms.a.example", sip.ALICE, EVE, small=True)
    out.send("outside", 6.0, sip.offer("INVITE", 6, key, callee=EVE, **by))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
