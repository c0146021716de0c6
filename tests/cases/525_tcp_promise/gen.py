# SPDX-License-Identifier: BSD-3-Clause
"""A sender whose bytes are held hears that they have come; then they are ours to deliver."""

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
    talk.segment("inside", text[:1400])
    talk.wait(0.3)
    talk.segment("inside", b"", "A", 1400)
    talk.segment("inside", text[1400:], place=1400)
    talk.said["inside"] = len(text)
    talk.wait(1.2)
    talk.segment("outside", b"", "A")
    talk.wait(2.5)
    talk.segment("outside", b"", "A")
    talk.heard["inside"] = len(text)
    talk.segment("outside", b"", "A")
    talk.wait(20)
    talk.say("inside", sip.request("OPTIONS", 2))
    # message after message in one segment, and a receiver that takes less than a message at once
    talk = Talk(out, 40.0, 2)
    talk.segment("inside", b"", "S", -1, window=64000)
    talk.segment("outside", b"", "SA", -1, window=1000)
    talk.segment("inside", b"", "A")
    text = over_tcp(sip.request("OPTIONS", 3)) + over_tcp(sip.invite(4))
    talk.segment("inside", text[:1000])
    talk.wait(0.3)
    talk.segment("inside", b"", "A", 1000)
    talk.segment("inside", text[1000:2000], place=1000)
    talk.segment("inside", text[2000:], place=2000)
    talk.said["inside"] = len(text)
    for heard in (1000, 2000, len(text)):
        talk.heard["inside"] = heard
        talk.segment("outside", b"", "A", window=1000)
    talk.say("inside", sip.request("OPTIONS", 5))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
