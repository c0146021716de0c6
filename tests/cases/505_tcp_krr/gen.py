# SPDX-License-Identifier: BSD-3-Clause
"""KRRs that come back over TCP: one that adheres, one that would have to be narrowed, one that cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    lists = [[answers.A], [answers.A, answers.B], "ANY", [answers.B]]
    for number, initiator in enumerate(lists, 1):
        talk = Talk(out, float(number), number).open()
        talk.say("inside", sip.invite(number))
        refusal = answers.refusal(sip.invite(number), answers.document(initiator, "ANY"))
        talk.say("outside", refusal, [50, 400], heard=number == 1)
    talk = Talk(out, 5.0, 5).open()
    talk.say("inside", sip.invite(5))
    talk.say("outside", answers.refusal(sip.invite(5), "<!DOCTYPE x>" + answers.document([answers.A], "ANY")), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
