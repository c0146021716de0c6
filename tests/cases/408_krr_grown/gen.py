# SPDX-License-Identifier: BSD-3-Clause
"""488s that grow beyond the MTU."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    padding = "<!--" + "p" * 450 + "-->"
    body = answers.document([answers.B, answers.A], extra=padding)
    wide = answers.document([answers.B, answers.A], extra="<!--" + "p" * 2000 + "-->")
    for number, path in enumerate((wire.INWARD.but(dont_fragment=True), wire.INWARD6), 1):
        out.send("outside", number * 2.0, answers.refusal(sip.small(number), body), path)
        out.send(
            "outside",
            number * 2 + 1.0,
            answers.refusal(sip.small(number + 4), wide),
            path.but(dont_fragment=False),
        )
    out.send("outside", 9.0, answers.refusal(sip.small(9), answers.document("ANY")), wire.INWARD6)
    out.send(
        "outside", 10.0, answers.refusal(sip.small(10), answers.document("ANY")), wire.INWARD.but(vlans=(7,))
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
