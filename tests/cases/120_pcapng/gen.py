# SPDX-License-Identifier: BSD-3-Clause
"""pcapng at nanosecond and at microsecond resolution."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.formats = {"inside": "pcapng", "outside": "pcapng-micro"}
    out.send("inside", 1700000000.123456, sip.invite(1, kmsi="kms.b.example"))
    out.send("inside", 1700000001.5, sip.small(2))
    out.send("outside", 1700000002.25, sip.small(3, kmsr="kms.b.example", sent_by="10.2.0.20:5060"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
