# SPDX-License-Identifier: BSD-3-Clause
"""Writes the captures of the table of disguises."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from disguises import table  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of all rows."""
    return table.build()[0]


if __name__ == "__main__":
    main(scene(), __file__)
