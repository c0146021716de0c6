# SPDX-License-Identifier: BSD-3-Clause
"""Use case X.6 step 4a at the edge of domain 2: only IDRkmsr is checked."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send(
        "outside", 1.0, sip.invite(1, kmsi="kms.c.example", kmsr="kms.a.example", sent_by="10.2.0.20:5060")
    )
    out.send(
        "outside", 2.0, sip.invite(2, kmsi="kms.c.example", kmsr="kms.b.example", sent_by="10.2.0.20:5060")
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
