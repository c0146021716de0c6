# SPDX-License-Identifier: BSD-3-Clause
"""A big-endian microsecond capture and an empty one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.formats = {"outside": "pcap-big-micro"}
    out.send("outside", 1700000000.000007, sip.small(1, kmsr="kms.b.example", sent_by="10.2.0.20:5060"))
    out.send("outside", 1700000001.5, sip.small(2, sent_by="10.2.0.20:5060"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
