# SPDX-License-Identifier: BSD-3-Clause
"""A refused request over TCP: the KRR goes back, then both ends hear a reset."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    talk = Talk(out, 1.0).open()
    talk.say("inside", sip.invite(1), heard=False)
    talk.heard["inside"] = talk.said["inside"]
    talk.segment("outside", b"", "A")
    talk.say("inside", sip.small(2, "kms.b.example", "kms.a.example"), [300, 700], heard=False)
    talk.segment("inside", sip.request("OPTIONS", 3).encode())
    talk.segment("outside", sip.response(sip.invite(1), 180, "Ringing").encode())
    return out


if __name__ == "__main__":
    main(scene(), __file__)
