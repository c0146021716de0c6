# SPDX-License-Identifier: BSD-3-Clause
"""Nothing is left of the list: rewrite."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send(
        "outside", 1.0, answers.refusal(sip.small(1), answers.document([answers.B, answers.D], [answers.B]))
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
