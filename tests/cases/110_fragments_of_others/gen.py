# SPDX-License-Identifier: BSD-3-Clause
"""Fragments of what is not signalling."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    media = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 49152),
        dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 49152),
    )
    rtp = b"\x80\x61" + mikey.filler("media", 2998)
    in_order = wire.udp(media.but(ident=11), rtp)
    reordered = wire.udp(media.but(ident=12), rtp)
    out.frames("inside", 1.0, in_order)
    out.frames("inside", 2.0, [reordered[1], reordered[2], reordered[0]])
    out.frames(
        "inside", 3.0, [wire.network(wire.OUTWARD.but(ident=13), 1, b"\x08\x00" + bytes(998), 0, True)]
    )
    out.frames("inside", 3.1, [wire.network(wire.OUTWARD.but(ident=13), 1, bytes(100), 1000, False)])
    sixth = media.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT6.ip, 49152),
        dst=wire.Node(wire.PEER.mac, wire.PEER6.ip, 49152),
    )
    out.frames("inside", 4.0, list(reversed(wire.udp(sixth.but(ident=14), rtp))))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
