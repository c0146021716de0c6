# SPDX-License-Identifier: BSD-3-Clause
"""A hashed receiver, recognised by hashing the clear candidates of the message."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    NOW = 1700000000
    mixed = f"multipart/mixed;boundary={sip.BOUNDARY}"

    def hidden(number: int, kms: str, user: str, shift: int = 0) -> sip.Message:
        """An INVITE whose IDRr is a UID and whose resource-lists names bob."""
        uid = mikey.hashed_uid(user, kms, NOW + shift)
        key = mikey.i_message("kms.a.example", kms, sip.ALICE, uid, small=True)
        parts = [
            sip.Part(sip.SDP, sip.sdp([sip.key_line(key)])),
            sip.Part(sip.LISTS, sip.resource_lists(sip.BOB)),
        ]
        to = {"callee": "sip:mcptt-term@ims.example", "sent_by": "10.2.0.20:5060"}
        return sip.request("INVITE", number, mixed, sip.multipart(parts), **to)

    out.send("outside", float(NOW), hidden(1, "kms.a.example", sip.BOB))
    out.send("outside", float(NOW + 1), hidden(2, "kms.d.example", sip.BOB))
    out.send("outside", float(NOW + 2), hidden(3, "kms.d.example", sip.BOB, -2592000))
    out.send("outside", float(NOW + 3), hidden(4, "kms.b.example", sip.BOB, 2592000))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
