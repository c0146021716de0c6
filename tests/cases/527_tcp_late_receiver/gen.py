# SPDX-License-Identifier: BSD-3-Clause
"""A receiver that lost what was let go, and says so; a sender that sends it again itself."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk, over_tcp  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    text = over_tcp(sip.invite(1))
    talk = Talk(out, 1.0).open()
    for a, b in ((0, 1000), (1000, 2000), (2000, len(text))):
        talk.segment("inside", text[a:b], place=a)
    talk.said["inside"] = len(text)
    talk.heard["inside"] = 1000
    for _ in range(4):
        talk.segment("outside", b"", "A")
    talk.wait(1.5)
    talk.segment("inside", text[1000:2400], place=1000)
    talk.segment("inside", text[2400:], place=2400)
    talk.heard["inside"] = len(text)
    talk.segment("outside", b"", "A")
    talk.say("inside", sip.request("OPTIONS", 2))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
