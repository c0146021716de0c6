# SPDX-License-Identifier: BSD-3-Clause
"""Segments that only one end would believe, in front of the ones that count."""

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

    evil = over_tcp(sip.small(9, "kms.b.example", "kms.b.example"))[:100]
    stale, twice = ("Timestamp", (1, 1)), [("Timestamp", (1000, 1000)), ("Timestamp", (1000, 1000))]
    talk = Talk(out, 1.0, stamps=True)
    talk.segment("inside", evil, "S", -1, window=64000)
    talk.open()
    talk.segment("inside", evil, chksum=1)
    talk.segment("inside", evil, options=[("NOP", None), ("NOP", None), stale])
    talk.segment("inside", evil, "PAU", urgptr=5)
    talk.segment("inside", evil, place=10**6)
    talk.segment("inside", evil, options=twice)
    talk.segment("inside", evil, "P")
    talk.segment("inside", evil, ack=101001 + 10**6)
    talk.segment("inside", evil, "SA")
    talk.segment("inside", b"", "RA", 10**6)
    talk.say("inside", sip.small(1))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
