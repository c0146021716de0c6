# SPDX-License-Identifier: BSD-3-Clause
"""A whole INVITE in one frame of more than 1500 bytes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("inside", 1.0, sip.invite(1, kmsi="kms.b.example"), wire.OUTWARD.but(mtu=9000))
    out.send("inside", 2.0, sip.invite(2), wire.OUTWARD.but(mtu=9000))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
