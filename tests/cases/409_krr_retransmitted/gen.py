# SPDX-License-Identifier: BSD-3-Clause
"""A 488 that is sent again until its ACK arrives."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    asked = sip.small(1)
    out.send("inside", 0.5, asked)
    refusal = answers.refusal(asked, answers.document([answers.B, answers.A]))
    for at in (1.25, 1.75, 2.75, 4.75, 8.75):
        out.send("outside", at, refusal)
    out.send("inside", 9.0, sip.hop(asked, "ACK", "uas-1"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
