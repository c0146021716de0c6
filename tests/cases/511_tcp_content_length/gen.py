# SPDX-License-Identifier: BSD-3-Clause
"""Content-Length as a stream cannot bear it: missing, bad, negative, contradicted; and forms that are sound."""

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

    lines = [
        "",
        "Content-Length: -1",
        "Content-Length: +5",
        "Content-Length: 5x",
        "Content-Length: five",
        "Content-Length:",
        "Content-Length: 5, 6",
        "Content-Length: 99999999999999999999",
        "Content-Length: 4294967301",
        "Content-Length: 0x5",
        "Content-Length: 5\r\nContent-Length: 6",
        "l: 5\r\nContent-Length: 0",
        "Content-Length: 5\r\ncontent-length : 50",
        "Content-Length: 5",
        "l: 5",
        "CONTENT-LENGTH \t:   005  ",
    ]
    for number, line in enumerate(lines, 1):
        whole = over_tcp(sip.request("MESSAGE", number, "text/plain", b"hello"))
        text = whole.replace(b"Content-Length: 5\r\n", (line + "\r\n" if line else "").encode())
        talk = Talk(out, float(number), number).open()
        talk.say("inside", text, [100], heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
