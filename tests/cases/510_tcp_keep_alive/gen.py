# SPDX-License-Identifier: BSD-3-Clause
"""Line ends between messages (RFC 5626), alone, cut, and in front of a message; TCP keep-alives."""

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
    talk.segment("inside", b"\r\n\r\n")
    talk.said["inside"] = talk.heard["inside"] = 4
    talk.segment("outside", b"\r\n")
    talk.said["outside"] = talk.heard["outside"] = 2
    talk.say("inside", sip.request("OPTIONS", 1))
    talk.say("inside", b"\r")
    talk.say("inside", b"\n\r\n" + over_tcp(sip.request("OPTIONS", 2)))
    talk.say("inside", over_tcp(sip.request("OPTIONS", 3)) + b"\r\n\r\n", [256])
    talk.wait(60)
    talk.segment("inside", b"", "A", talk.said["inside"] - 1)
    talk.segment("outside", b"", "A")
    talk.say("inside", sip.request("OPTIONS", 4))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
