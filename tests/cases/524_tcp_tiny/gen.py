# SPDX-License-Identifier: BSD-3-Clause
"""A message byte by byte, one that is sent again in longer segments before it is whole; a connection beside it."""

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

    talk = Talk(out, 1.0).open()
    text = over_tcp(sip.request("OPTIONS", 1))
    talk.say("inside", text, list(range(1, len(text))))
    text = over_tcp(sip.small(3))
    start = talk.said["inside"]
    for place in range(300):
        talk.segment("inside", text[place : place + 1], place=start + place)
    other = Talk(out, talk.clock, 2).open()
    other.say("inside", sip.small(2), [100])
    talk.clock = other.clock
    for place in range(0, len(text), 400):
        talk.segment("inside", text[place : place + 400], place=start + place)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
