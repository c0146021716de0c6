# SPDX-License-Identifier: BSD-3-Clause
"""Connections beside the SIP ports: one that starts like SIP, one that does not."""

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

    talk = Talk(out, 1.0, 1, port=8000).open()
    talk.say("inside", sip.small(1), [300])
    talk.say("inside", sip.small(2, "kms.b.example"), [300], heard=False)
    talk = Talk(out, 2.0, 2, port=8000).open()
    talk.say("inside", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    talk.say("outside", b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nSIP/2.0")
    talk.close()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
