# SPDX-License-Identifier: BSD-3-Clause
"""A peer whose messages break one rule of the closed list."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    def turned(number: int, kmsi: str, by: str) -> sip.Message:
        """IDRkmsr in front of IDRkmsi."""
        key = mikey.i_message(kmsi, small=True)
        one, two = key.find(mikey.IDR, mikey.ROLE_KMSI), key.find(mikey.IDR, mikey.ROLE_KMSR)
        key.payloads[one], key.payloads[two] = key.payloads[two], key.payloads[one]
        return sip.offer("INVITE", number, key, sent_by=by)

    stranger = wire.OUTWARD.but(src=wire.Node(wire.CLIENT.mac, "10.3.0.10"))
    out.send("inside", 1.0, turned(1, "kms.a.example", "10.1.0.10"))
    out.send("inside", 2.0, turned(2, "kms.b.example", "10.1.0.10"))
    out.send("inside", 3.0, turned(3, "kms.a.example", "10.3.0.10"), stranger)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
