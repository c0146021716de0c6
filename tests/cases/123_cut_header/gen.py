# SPDX-License-Identifier: BSD-3-Clause
"""A capture that is cut inside a record's header, while fragments wait."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.frames("inside", 1.0, wire.udp(wire.OUTWARD, sip.invite(1).encode()))
    size = len(out.inside.frames[-1][1])
    out.cut = {"inside": size + 5}
    return out


if __name__ == "__main__":
    main(scene(), __file__)
