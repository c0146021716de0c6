# SPDX-License-Identifier: BSD-3-Clause
"""A client knows its 488 by the branch: what else the far side changes in it chooses no other users."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    alice, bob, dave = sip.ALICE, sip.BOB, "sip:dave@mc1.example"
    changes = [
        ("From", f"<{alice}>;tag=OTHER"),
        ("Call-ID", "other@client.example"),
        ("CSeq", "9 INVITE"),
        ("Via", "SIP/2.0/UDP 10.1.0.10;branch=z9hG4bK-4"),
        ("Via", "SIP/2.0/UDP 10.1.0.10:5060;branch=Z9HG4BK-5"),
        ("Via", "SIP/2.0/UDP 10.1.0.10:5060;branch=z9hG4bK-unknown"),
    ]
    krr = answers.document([answers.A], [answers.A, answers.B])
    for number, (name, value) in enumerate(changes, 1):
        asked = sip.small(number, caller=alice, callee=bob, kmsi=answers.B, kmsr=answers.B)
        lie = answers.refusal(asked, krr).put("To", f"<{dave}>;tag=uas-1").put(name, value)
        out.send("outside", float(number), asked)
        out.send("inside", number + 0.5, lie)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
