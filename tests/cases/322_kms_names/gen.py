# SPDX-License-Identifier: BSD-3-Clause
"""How KMS names compare: letter case is nothing, everything else is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    names = [
        "KMS.A.Example",
        "keys.a.example",
        "kms.a.example.",
        "https://kms.a.example",
        "kms.a.example:443",
        "kms%2Ea.example",
        "user@kms.a.example",
        "kms.a.example/path",
        "ANY",
        "xkms.a.example",
        "kms.a.exampl",
        "any",
    ]
    for number, name in enumerate(names, 1):
        out.send("inside", float(number), sip.small(number, name))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
