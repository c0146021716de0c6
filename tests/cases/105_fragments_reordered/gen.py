# SPDX-License-Identifier: BSD-3-Clause
"""Fragments of two datagrams in odd order and mixed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    one = wire.udp(wire.OUTWARD.but(ident=11), sip.invite(1).encode(), [1000, 2000])
    two = wire.udp(wire.OUTWARD.but(ident=12), sip.invite(2, kmsi="kms.b.example").encode(), [1000, 2000])
    out.frames("inside", 1.0, [one[2], two[1], one[0], two[0], one[1], two[2]])
    three = wire.udp(wire.OUTWARD.but(ident=13), sip.invite(3).encode(), [8, 16, 1024, 2048])
    out.frames("inside", 2.0, list(reversed(three)))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
