# SPDX-License-Identifier: BSD-3-Clause
"""A copy of a transaction whose body is another one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    allowed, forbidden = sip.small(1), sip.small(1, "kms.b.example")
    for at, message in enumerate([allowed, forbidden, allowed, forbidden], 1):
        out.send("inside", float(at), message)
    plain = sip.request("INVITE", 2, sip.SDP, sip.sdp())
    out.send("inside", 6.0, plain)
    out.send("inside", 7.0, sip.small(2, "kms.b.example"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
