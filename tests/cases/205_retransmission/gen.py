# SPDX-License-Identifier: BSD-3-Clause
"""Copies of an INVITE: one transaction, one verdict, one answer."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    refused = sip.invite(1, kmsi="kms.b.example")
    for at in (1.25, 1.75, 2.75, 4.75):
        out.send("inside", at, refused)
    passed = sip.invite(2)
    for at in (6.0, 6.5):
        out.send("inside", at, passed)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
