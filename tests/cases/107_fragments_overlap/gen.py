# SPDX-License-Identifier: BSD-3-Clause
"""Overlapping fragments: other bytes, the same bytes shifted, the same place with other bytes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    def shifted(path: wire.Flow, message: sip.Message, by: int, change: bool) -> list[bytes]:
        """First, last, then a middle fragment that reaches into the first one."""
        payload = wire.udp_payload(path, message.encode())
        middle = payload[1000 - by : 2000]
        if change:
            middle = bytes([middle[0] ^ 1]) + middle[1:]
        first, _, last = wire.udp(path, message.encode(), [1000, 2000])
        return [first, last, wire.network(path, 17, middle, 1000 - by, True)]

    out.frames("inside", 1.0, shifted(wire.OUTWARD.but(ident=11), sip.invite(1), 8, True))
    out.frames("inside", 2.0, shifted(wire.OUTWARD.but(ident=12), sip.invite(2), 8, False))
    same_place = wire.udp(wire.OUTWARD.but(ident=13), sip.invite(3).encode(), [1000, 2000])
    out.frames("inside", 3.0, [same_place[0], same_place[2], wire.patched(same_place[2], -1, b"!")])
    sixth = sip.invite(4, sent_by="[2001:db8:1::10]:5060")
    out.frames("inside", 4.0, shifted(wire.OUTWARD6.but(ident=14), sixth, 8, True))
    out.send("inside", 5.0, sip.invite(5))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
