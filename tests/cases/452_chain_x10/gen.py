# SPDX-License-Identifier: BSD-3-Clause
"""The three chains of use case X.10, edge by edge."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()
    out.attempts(
        [
            ("kms.a.example", "kms.a.example"),
            ("kms.c.example", "kms.a.example"),
            ("kms.c.example", "kms.x.example"),
            ("kms.c.example", "kms.z.example"),
        ],
        caller="sip:alice@d2.example",
        callee="sip:bob@d3.example",
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
