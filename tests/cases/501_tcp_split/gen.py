# SPDX-License-Identifier: BSD-3-Clause
"""One message, cut in two at every one of its bytes, on one connection."""

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

    talk = Talk(out, 1.0).open()
    short = sip.request("OPTIONS", 1000)
    for cut in range(1, len(short.encode())):
        talk.say("inside", sip.request("OPTIONS", 1000 + cut), [cut])
    talk.close()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
