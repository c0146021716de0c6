# SPDX-License-Identifier: BSD-3-Clause
"""An is edge that has not seen the request goes by From and To; when they tell nothing, by every rule."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    ALICE, BOB = sip.ALICE, sip.BOB
    krr = answers.document("ANY", [answers.B, answers.A], users=(ALICE, "sip:x@mc1.example"))
    for number, (caller, callee) in enumerate([(ALICE, BOB), (BOB, ALICE), (ALICE, "sip:x@mc1.example")], 1):
        back = answers.refusal(sip.small(number, caller=caller, callee=callee), krr)
        out.send("inside", float(number), back)
    out.send("inside", 4.0, answers.anonymous(answers.refusal(sip.small(4), krr)))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
