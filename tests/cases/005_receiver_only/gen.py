# SPDX-License-Identifier: BSD-3-Clause
"""A receiver-only edge: whatever IDRkmsi says, only IDRkmsr is policed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, (kmsi, kmsr) in enumerate(
        [
            ("kms.evil.example", "kms.b.example"),
            ("kms.b.example", "kms.evil.example"),
            ("kms.b.example", "kms.b.example"),
        ],
        1,
    ):
        out.send("outside", number, sip.invite(number, kmsi=kmsi, kmsr=kmsr, sent_by="10.2.0.20:5060"))
    out.send("inside", 5.0, sip.invite(5, kmsi="kms.evil.example", kmsr="kms.evil.example"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
