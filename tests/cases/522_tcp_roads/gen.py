# SPDX-License-Identifier: BSD-3-Clause
"""The same refusal over IPv6, through VLANs, from the outside, with timestamps, across the end of the sequence numbers."""

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

    ways = [
        {"v6": True},
        {"vlans": (7,)},
        {"vlans": (7, 8), "v6": True, "stamps": True},
        {"stamps": True, "isn": 2**32 - 400},
        {"opener": "outside"},
    ]
    for number, way in enumerate(ways, 1):
        port = way.get("opener", "inside")
        talk = Talk(out, float(number), number, **way).open()
        talk.say(port, sip.invite(number))
        talk.say(port, sip.invite(10 + number, kmsi="kms.b.example", kmsr="kms.b.example"), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
