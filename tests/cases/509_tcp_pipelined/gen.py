# SPDX-License-Identifier: BSD-3-Clause
"""Several messages in one segment, some of them not whole, the last one refused."""

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

    first = [over_tcp(sip.request("OPTIONS", number)) for number in (1, 2, 3)]
    talk = Talk(out, 1.0).open()
    text = b"".join(first) + over_tcp(sip.small(4))
    talk.say("inside", text, [700, 1200])
    bad = over_tcp(sip.small(6, "kms.b.example"))
    text = over_tcp(sip.request("OPTIONS", 5)) + bad
    talk.say("inside", text, [200, len(text) - len(bad), len(text) - 300], heard=False)
    talk = Talk(out, 2.0, 2).open()
    talk.say("inside", over_tcp(sip.request("OPTIONS", 7)) + bad.replace(b"call-6", b"call-8"), [100, 400], heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
