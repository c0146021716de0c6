# SPDX-License-Identifier: BSD-3-Clause
"""Loss, reordering and duplication on the wire between a namespace and the box: there is no netem everywhere."""

from __future__ import annotations

import json
from pathlib import Path

from .bed import Bed
from .process import Failed

LOSS, REORDER, DUPLICATE = 1.0, 1.0, 0.5  # percent of the TCP segments of each direction


class Weather:
    """Joins the two wires of a bed's rough side; must stand before anything is sent."""

    def __init__(self, bed: Bed, build: Path, seed: int = 1) -> None:
        port = bed.rough
        self.process = bed.spawn(
            "weather",
            bed.box_space,
            str(build / "tests/smoke/impair"),
            f"w{port}",
            f"x{port}",
            *("--loss", str(LOSS), "--reorder", str(REORDER), "--duplicate", str(DUPLICATE), "--seed", str(seed)),
        )
        self.process.wait_line("ready")

    def end(self) -> dict[str, int]:
        """What it did to both directions together."""
        if self.process.stop() != 0:
            raise Failed(self.process.tail())
        both = json.loads(self.process.text().splitlines()[-1])
        return {key: sum(one[key] for one in both) for key in both[0]}
