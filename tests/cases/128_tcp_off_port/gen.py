# SPDX-License-Identifier: BSD-3-Clause
"""A TCP stream on an unlisted port whose first line says SIP/2.0."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    off = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000),
        dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 8000),
    )
    out.frames("inside", 1.0, [wire.tcp(off, b"", "S", seq=0), wire.tcp(off, sip.small(1).encode(), seq=1)])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
