# SPDX-License-Identifier: BSD-3-Clause
"""Use case X.8, edge by edge."""

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
            ("kms.d.example", "kms.a.example"),
            ("kms.d.example", "kms.b.example"),
        ],
        caller="sip:alice@d2.example",
        callee="sip:bob@d3.example",
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
