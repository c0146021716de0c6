# SPDX-License-Identifier: BSD-3-Clause
"""The input ends within messages."""

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
    talk.segment("inside", over_tcp(sip.small(2))[:600])
    talk.segment("outside", over_tcp(sip.response(sip.request("OPTIONS", 1), 200, "OK"))[:70])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
