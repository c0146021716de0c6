# SPDX-License-Identifier: BSD-3-Clause
"""More refusals from one source than the policy answers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number in range(1, 5):
        out.send("inside", 1.0 + number / 100, sip.small(number, "kms.b.example"))
    neighbour = wire.OUTWARD.but(src=wire.Node("02:00:00:00:01:0b", "10.1.0.11"))
    out.send("inside", 1.05, sip.small(5, "kms.b.example", sent_by="10.1.0.11:5060"), neighbour)
    out.send("inside", 1.06, sip.small(6))
    out.send("inside", 3.0, sip.small(7, "kms.b.example"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
