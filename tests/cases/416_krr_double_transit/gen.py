# SPDX-License-Identifier: BSD-3-Clause
"""A call that crosses one is edge twice: what the first crossing back narrowed, the second leaves alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    first = sip.small(1, "kms.b.example", "kms.b.example", caller=sip.BOB, callee=sip.ALICE)
    second = sip.Message(
        first.start,
        (("Via", "SIP/2.0/UDP hairpin.example;branch=z9hG4bK-hairpin"),) + first.headers,
        first.body,
    )
    out.send("inside", 1.0, first)
    out.send("outside", 2.0, second)
    wide = answers.document("ANY", [answers.A])
    out.send("inside", 3.0, answers.refusal(second, wide))
    narrow = answers.document([answers.B, answers.D], [answers.A], inner=wide, number=2)
    out.send("outside", 4.0, answers.refusal(first, narrow))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
