# SPDX-License-Identifier: BSD-3-Clause
"""A wrong UDP checksum, and none at all."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, kms in enumerate(["kms.a.example", "kms.b.example"], 1):
        good = wire.udp(wire.OUTWARD, sip.small(number, kms).encode())[0]
        out.frames("inside", number, [wire.patched(good, 40, bytes([good[40] ^ 0x55]))])
        out.frames("inside", number + 2, [wire.patched(good, 40, b"\x00\x00")])
    out.inside.frames.sort()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
