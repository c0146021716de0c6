# SPDX-License-Identifier: BSD-3-Clause
"""SIP over TCP beside a connection that has nothing to do with it, and a segment out of nowhere."""

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
    talk.say("inside", sip.small(1), [700])
    talk.say("outside", sip.response(sip.small(1), 100, "Trying"))
    web = Talk(out, 2.0, 2, port=80).open()
    web.say("inside", b"GET / HTTP/1.1\r\n\r\n")
    web.close()
    Talk(out, 3.0, 3).segment("outside", b"SIP/2.0 100 Trying\r\n\r\n")
    talk.clock = 4.0
    talk.close()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
