# SPDX-License-Identifier: BSD-3-Clause
"""An I_MESSAGE cut at every payload boundary, and a byte beside it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def cuts() -> list[int]:
    """Every boundary but the end, and its neighbours."""
    edges = mikey.i_message(small=True).boundaries()
    near = {edge + step for edge in edges for step in (-1, 0, 1)}
    return sorted(cut for cut in near if 0 < cut < edges[-1])


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    whole = mikey.i_message(small=True).encode()
    for number, cut in enumerate(cuts(), 1):
        out.send("inside", float(number), sip.request("MESSAGE", number, sip.MIKEY, whole[:cut]))
    out.send("inside", 100.0, sip.request("MESSAGE", 100, sip.MIKEY, whole))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
