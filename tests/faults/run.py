# SPDX-License-Identifier: BSD-3-Clause
"""Faults of whole processes: programs that die, peers that lie, files that are wrong, while traffic goes on.

usage: run.py [--build DIR] [--list] [--keep] [WORD...]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from faults import clients, commits, control, restart, startup, streams, tables  # noqa: E402,F401  (they register their tests)
from smoke.lib import suite  # noqa: E402

if __name__ == "__main__":
    sys.exit(suite.main("faults of whole processes", ROOT))
