# SPDX-License-Identifier: BSD-3-Clause
"""Bytes after the IP packet belong to Ethernet."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    media = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 49152),
        dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 49152),
    )
    short = wire.udp(media, b"\x80\x61\x00\x01")[0]
    out.frames("inside", 1.0, [short + bytes(60 - len(short)), short + b"\xa5" * (60 - len(short))])
    plain = sip.request("OPTIONS", 1).encode()
    out.frames("inside", 2.0, [wire.udp(wire.OUTWARD, plain)[0] + b"\x00\x01\x02\x03"])
    out.frames("inside", 3.0, [wire.udp(wire.OUTWARD, sip.small(2).encode())[0] + b"key-mgmt" + bytes(3)])
    out.frames("inside", 4.0, [wire.udp(wire.OUTWARD, sip.small(3, "kms.b.example").encode())[0] + bytes(9)])
    parts = wire.udp(wire.OUTWARD.but(ident=9), sip.invite(4).encode())
    out.frames("inside", 5.0, [parts[0], parts[1] + b"\xff" * 7])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
