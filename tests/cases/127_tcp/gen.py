# SPDX-License-Identifier: BSD-3-Clause
"""SIP over TCP, not inspected yet: segments with payload do not pass."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    syn = wire.OUTWARD.but(src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000))
    web = syn.but(dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 80))
    data = sip.small(1).encode()
    out.frames(
        "inside",
        1.0,
        [
            wire.tcp(syn, b"", "S"),
            wire.tcp(syn, b"", "A"),
            wire.tcp(syn, data[:700]),
            wire.tcp(syn, data[700:]),
        ],
    )
    out.frames("inside", 2.0, [wire.tcp(web, b"GET / HTTP/1.1\r\n\r\n"), wire.tcp(syn, b"", "FA")])
    back = wire.INWARD.but(dst=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000))
    out.frames("outside", 3.0, [wire.tcp(back, b"", "SA"), wire.tcp(back, b"SIP/2.0 100 Trying\r\n\r\n")])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
