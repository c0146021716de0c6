# SPDX-License-Identifier: BSD-3-Clause
"""Each rule of the closed list, broken alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import broken, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, (name, text) in enumerate(broken.every(), 1):
        out.send("inside", float(number), sip.offer("INVITE", number, text))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
