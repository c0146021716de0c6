# SPDX-License-Identifier: BSD-3-Clause
"""FIN and RST within a message, and between messages."""

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

    text = over_tcp(sip.small(9, "kms.b.example"))
    for number, flags in enumerate(("RA", "FA"), 1):
        talk = Talk(out, float(number), number).open()
        talk.say("inside", sip.request("OPTIONS", number))
        talk.segment("inside", text[:500])
        talk.said["inside"] += 500
        talk.segment("inside", b"", flags)
    talk = Talk(out, 3.0, 3).open()
    talk.say("inside", sip.request("OPTIONS", 3))
    talk.close()
    talk = Talk(out, 4.0, 4).open()
    talk.say("inside", sip.request("OPTIONS", 4))
    talk.segment("outside", b"", "RA")
    return out


if __name__ == "__main__":
    main(scene(), __file__)
