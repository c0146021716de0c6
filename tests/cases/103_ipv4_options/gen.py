# SPDX-License-Identifier: BSD-3-Clause
"""IPv4 headers with options, whole and fragmented."""

from __future__ import annotations

import sys
from pathlib import Path

from scapy.layers.inet import IPOption

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    path = wire.OUTWARD.but(
        options=(
            IPOption(b"\x94\x04\x00\x00"),
            IPOption(b"\x01"),
            IPOption(b"\x01"),
            IPOption(b"\x01"),
            IPOption(b"\x00"),
        )
    )
    out.send("inside", 1.0, sip.small(1, "kms.b.example"), path)
    out.send("inside", 2.0, sip.small(2), path)
    out.send("inside", 3.0, sip.invite(3, kmsi="kms.b.example"), path)
    out.send("inside", 4.0, sip.invite(4), path)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
