# SPDX-License-Identifier: BSD-3-Clause
"""Fragments of eight bytes: the first holds the UDP header and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, kms in enumerate(["kms.a.example", "kms.b.example"], 1):
        data = sip.small(number, kms).encode()
        out.send("inside", number, data, cuts=[8, 16, 24, 400, 408, 640])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
