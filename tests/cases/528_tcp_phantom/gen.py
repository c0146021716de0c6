# SPDX-License-Identifier: BSD-3-Clause
"""A sender makes believe that a connection ended or began: its RST and SYN would not get as far as its receiver."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import OPTIONS, Talk, over_tcp  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    evil = over_tcp(sip.small(9, "kms.b.example", "kms.b.example"))
    talk = Talk(out, 1.0, 1).open()
    talk.say("inside", sip.request("OPTIONS", 1))
    talk.segment("inside", b"", "R")
    talk.segment("inside", b"", "S", 10**6 - 1, options=OPTIONS)
    talk.segment("inside", b"", "R", 10**6)
    talk.segment("inside", evil)

    talk = Talk(out, 2.0, 2)
    talk.segment("inside", b"", "S", -1, options=OPTIONS)
    talk.segment("outside", b"", "RA", -1, ack=1001)
    talk.segment("outside", over_tcp(sip.small(9, "kms.b.example", "kms.b.example")), place=-(10**6))

    talk = Talk(out, 3.0, 3).open()
    talk.segment("outside", b"", "SA", 5000)
    talk.segment("inside", b"", "S", 700_000, options=OPTIONS)
    talk.say("inside", sip.request("OPTIONS", 3))

    talk = Talk(out, 4.0, 4).open()
    talk.say("inside", sip.request("OPTIONS", 4))
    again = Talk(out, 5.0, 4, isn=3_000_000_000)
    again.open()
    again.say("inside", sip.small(14), [300])
    again.say("inside", sip.small(15, "kms.b.example"), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
