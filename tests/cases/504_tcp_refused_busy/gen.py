# SPDX-License-Identifier: BSD-3-Clause
"""A refused request while a response on its way back is not whole: no place for an answer."""

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
    asked = sip.request("OPTIONS", 1)
    talk.say("inside", asked)
    ringing = over_tcp(sip.response(asked, 200, "OK"))
    talk.segment("outside", ringing[:80])
    talk.say("inside", sip.small(2, "kms.b.example"), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
