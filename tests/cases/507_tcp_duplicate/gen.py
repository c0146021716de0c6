# SPDX-License-Identifier: BSD-3-Clause
"""Segments that come twice: while they are held, after they were let go, and after they were acknowledged."""

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
    text = over_tcp(sip.small(1))
    talk.segment("inside", text[:500])
    talk.segment("inside", text[:500])
    talk.segment("inside", text[250:700], place=250)
    talk.segment("inside", text[500:], place=500)
    talk.segment("inside", text[:500])
    talk.segment("inside", text[300:], place=300)
    talk.said["inside"] = talk.heard["inside"] = len(text)
    talk.segment("outside", b"", "A")
    talk.segment("inside", text[500:], place=500)
    talk.say("inside", sip.request("OPTIONS", 2))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
