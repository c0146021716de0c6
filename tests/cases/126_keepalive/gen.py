# SPDX-License-Identifier: BSD-3-Clause
"""CRLF keep-alives on the signalling port."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("inside", 1.0, b"\r\n\r\n")
    out.send("inside", 2.0, b"\r\n")
    out.send("outside", 3.0, b"\r\n\r\n")
    out.send("inside", 4.0, b"\r\n\r\n" + sip.small(1, "kms.b.example").encode())
    return out


if __name__ == "__main__":
    main(scene(), __file__)
