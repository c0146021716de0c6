# SPDX-License-Identifier: BSD-3-Clause
"""A wrong IPv4 header checksum."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    good = wire.udp(wire.OUTWARD, sip.small(1).encode())[0]
    out.frames("inside", 1.0, [wire.patched(good, 24, bytes([good[24] ^ 0x55])), good])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
