# SPDX-License-Identifier: BSD-3-Clause
"""ACKs of requests that we did not answer."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    passed = sip.invite(1)
    out.send("inside", 1.0, passed)
    out.send("inside", 1.5, sip.hop(passed, "ACK", "peer-tag"))
    out.send("inside", 2.0, sip.hop(sip.request("INVITE", 2), "ACK", "never-seen"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
