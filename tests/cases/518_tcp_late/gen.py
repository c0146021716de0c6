# SPDX-License-Identifier: BSD-3-Clause
"""A message whose end does not come within the held time."""

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
    talk.say("inside", sip.request("OPTIONS", 1))
    text = over_tcp(sip.small(2))
    talk.segment("inside", text[:600])
    other = Talk(out, 1.5, 2).open()
    other.wait(40)
    other.say("inside", sip.request("OPTIONS", 3))
    talk.clock = other.clock + 1
    talk.segment("inside", text[600:], place=talk.said["inside"] + 600)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
