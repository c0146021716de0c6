# SPDX-License-Identifier: BSD-3-Clause
"""An edge whose policy says shadow."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("inside", 1.0, sip.invite(1, kmsi="kms.b.example"))
    out.send("inside", 2.0, sip.invite(2))
    out.send("inside", 3.0, sip.offer("INVITE", 3, mikey.i_message(small=True, tail=b"\x00")))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
