# SPDX-License-Identifier: BSD-3-Clause
"""An edge with its own UDP port."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    def to(port: int) -> wire.Flow:
        """From an unlisted port to this one."""
        return wire.OUTWARD.but(
            src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000),
            dst=wire.Node(wire.PEER.mac, wire.PEER.ip, port),
        )

    out.send("inside", 1.0, b"\x01\x02 not SIP at all", to(5060))
    out.send("inside", 2.0, b"\x01\x02 not SIP at all", to(5070))
    out.send("inside", 3.0, sip.small(1, "kms.b.example", rport=True), to(5070))
    back = wire.Flow(
        wire.Node(wire.PEER.mac, wire.PEER.ip, 5070), wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000)
    )
    out.send("outside", 4.0, sip.response(sip.request("OPTIONS", 9), 200, "OK"), back)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
