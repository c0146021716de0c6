# SPDX-License-Identifier: BSD-3-Clause
"""Segments that come in another order than they were sent in."""

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
    text = over_tcp(sip.small(1)) + over_tcp(sip.request("OPTIONS", 2))
    bounds = [0, 200, 400, 600, 800, 900, len(text)]
    parts = list(zip(bounds, bounds[1:]))
    for index in (5, 3, 1, 0, 4, 2):
        talk.segment("inside", text[parts[index][0] : parts[index][1]], place=parts[index][0])
    talk.said["inside"] = talk.heard["inside"] = len(text)
    talk.segment("outside", b"", "A")
    talk.say("inside", sip.request("BYE", 3, to_tag="peer"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
