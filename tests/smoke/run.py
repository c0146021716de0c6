# SPDX-License-Identifier: BSD-3-Clause
"""Smoke tests: the whole box in network namespaces, with SIPp, Kamailio, iperf3 and the lab around it.

usage: run.py [--build DIR] [--list] [--keep] [WORD...]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from smoke import calls, commits, lab, load, ports, relay, streams, unharmed  # noqa: E402,F401  (they register their tests)
from smoke.lib import suite  # noqa: E402

if __name__ == "__main__":
    sys.exit(suite.main("smoke tests in network namespaces", ROOT))
