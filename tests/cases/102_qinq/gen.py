# SPDX-License-Identifier: BSD-3-Clause
"""Signalling under a service tag and a customer tag."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    path = wire.OUTWARD.but(vlans=(100, 7))
    out.send("inside", 1.0, sip.invite(1, kmsi="kms.b.example"), path)
    out.send("inside", 2.0, sip.invite(2), path)
    frame = wire.udp(path, sip.small(3, "kms.b.example").encode())[0]
    out.frames("inside", 3.0, [wire.patched(frame, 12, b"\x81\x00")])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
