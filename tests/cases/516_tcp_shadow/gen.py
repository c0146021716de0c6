# SPDX-License-Identifier: BSD-3-Clause
"""A refused message, a broken stream and a connection from its middle, in shadow mode."""

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
    talk.say("inside", sip.small(1, "kms.b.example"), [400])
    talk.say("inside", sip.request("OPTIONS", 2))
    talk.say("outside", sip.response(sip.request("OPTIONS", 2), 200, "OK"), [40])
    talk = Talk(out, 2.0, 2).open()
    talk.say("inside", b"HELO\r\n\r\n")
    talk.say("inside", b"QUIT\r\n\r\n")
    talk = Talk(out, 3.0, 3)
    talk.say("inside", sip.small(3, "kms.b.example"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
