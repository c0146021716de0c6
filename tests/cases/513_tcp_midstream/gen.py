# SPDX-License-Identifier: BSD-3-Clause
"""A connection of which no beginning was seen; one that was idle too long."""

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

    talk = Talk(out, 1.0)
    talk.said = {"inside": 5000, "outside": 7000}
    talk.heard = dict(talk.said)
    talk.segment("inside", b"", "A")
    talk.say("inside", sip.request("OPTIONS", 1), [100], heard=False)
    talk.segment("outside", sip.response(sip.request("OPTIONS", 1), 200, "OK").encode())
    talk = Talk(out, 2.0, 2).open()
    talk.say("inside", sip.request("OPTIONS", 2))
    talk.wait(3 * 3600)
    talk.say("inside", sip.small(3, "kms.b.example"), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
