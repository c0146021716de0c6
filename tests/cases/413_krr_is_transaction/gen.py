# SPDX-License-Identifier: BSD-3-Clause
"""An is edge goes by the users of the request; the 488 names nobody."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    ALICE, BOB, CAROL, DAVE = sip.ALICE, sip.BOB, "sip:carol@mc2.example", "sip:dave@mc1.example"
    to = {"kmsi": "kms.b.example", "kmsr": "kms.b.example"}
    calls = [("outside", ALICE, BOB), ("inside", BOB, ALICE), ("inside", BOB, CAROL), ("inside", ALICE, DAVE)]
    for number, (port, caller, callee) in enumerate(calls, 1):
        asked = sip.small(number, caller=caller, callee=callee, **to)
        back = answers.refusal(asked, answers.document("ANY", [answers.A, answers.B, answers.D]))
        out.send(port, float(number), asked)
        out.send("inside" if port == "outside" else "outside", number + 0.5, answers.anonymous(back))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
