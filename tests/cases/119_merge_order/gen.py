# SPDX-License-Identifier: BSD-3-Clause
"""Two inputs merge by time; inside goes first on a tie."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("outside", 1.0, sip.request("OPTIONS", 1, sent_by="10.2.0.20"))
    out.send("inside", 1.0, sip.request("OPTIONS", 2))
    out.send("outside", 2.0, sip.request("OPTIONS", 3, sent_by="10.2.0.20"))
    out.send("inside", 2.000000001, sip.request("OPTIONS", 4))
    out.send("outside", 2.000000001, sip.request("OPTIONS", 5, sent_by="10.2.0.20"))
    out.send("inside", 3.0, sip.request("OPTIONS", 6))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
