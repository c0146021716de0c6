# SPDX-License-Identifier: BSD-3-Clause
"""A hashed receiver, recognised by hashing the roster; nothing else in the message names it."""

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
    to = {"callee": "sip:mcptt-term@ims.example", "sent_by": "10.2.0.20:5060"}
    rows = [
        (sip.BOB, "kms.d.example", 0, 2592000, 0),
        ("sip:carol@mc2.example", "kms.b.example", 0, 2592000, 0),
        ("sip:carol@mc2.example", "kms.d.example", 0, 2592000, 0),
        (sip.BOB, "kms.d.example", 2592000, 2592000, 0),
        (sip.BOB, "kms.d.example", 3 * 2592000, 2592000, 0),
        ("sip:mallory@mc2.example", "kms.d.example", 0, 2592000, 0),
        (sip.BOB, "kms.weekly.example", 0, 604800, 3600),
        (sip.BOB, "kms.nobody-knows.example", 0, 2592000, 0),
    ]
    for number, (user, kms, shift, period, offset) in enumerate(rows, 1):
        uid = mikey.hashed_uid(user, kms, NOW + number + shift, period, offset)
        key = mikey.i_message("kms.a.example", kms, sip.ALICE, uid, small=True)
        out.send("outside", float(NOW + number), sip.offer("INVITE", number, key, **to))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
