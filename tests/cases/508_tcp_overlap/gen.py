# SPDX-License-Identifier: BSD-3-Clause
"""Overlapping segments with the same bytes, and with others: the first bytes are the stream."""

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

    good, evil = over_tcp(sip.small(1)), over_tcp(sip.small(1, "kms.b.example", "kms.b.example"))
    talk = Talk(out, 1.0).open()
    talk.segment("inside", good[:600])
    talk.segment("inside", evil[:700])
    talk.segment("inside", good[400:], place=400)
    talk.said["inside"] = talk.heard["inside"] = len(good)
    talk.segment("outside", b"", "A")
    talk.segment("inside", evil[300:900], place=300)
    talk.say("inside", sip.request("OPTIONS", 2))
    # the other way about: the forbidden one is first
    talk = Talk(out, 2.0, 2).open()
    talk.segment("inside", evil[:600])
    talk.segment("inside", good[:700])
    talk.segment("inside", evil[600:], place=600)
    # early bytes are bytes too, also where a longer segment begins before a shorter one
    talk = Talk(out, 3.0, 3).open()
    talk.segment("inside", good[100:200], place=100)
    talk.segment("inside", good[:420])
    talk.segment("inside", b"X" + evil[401:600], place=400)
    talk.segment("inside", good[400:], place=400)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
