# SPDX-License-Identifier: BSD-3-Clause
"""Exact duplicates of fragments are no overlap and share the fate of their datagram."""

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
    out.frames("inside", 1.0, [one[0], one[1], one[1], one[0], one[2]])
    out.frames("inside", 2.0, [two[1], two[1], two[0], two[2]])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
