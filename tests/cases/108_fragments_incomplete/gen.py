# SPDX-License-Identifier: BSD-3-Clause
"""A fragment that never comes: what waits at the end of the capture is held."""

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
    out.frames("inside", 1.0, [one[0], one[2]])
    out.send("inside", 2.0, sip.invite(2))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
