#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the capture cases against a kmsgate-replay and prints one line a case.

    run.py [--binary PATH] [--regenerate] [CASE...]

Without a binary: $KMSGATE_REPLAY, else build/tools/replay/kmsgate-replay. Exit 1 when a case failed.
"""

from __future__ import annotations

import argparse
import filecmp
import functools
import importlib.util
import os
import sys
import tempfile
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lib import case, chain  # noqa: E402
from lib.scene import Scene  # noqa: E402

ROOT = Path(__file__).resolve().parent
DEFAULT = ROOT.parents[1] / "build/tools/replay/kmsgate-replay"


def folders(names: list[str]) -> list[Path]:
    """The case folders, all or those whose name starts as asked."""
    every = sorted(path.parent for path in ROOT.glob("*/gen.py"))
    return [path for path in every if not names or any(path.name.startswith(name) for name in names)]


def generated(folder: Path) -> Scene:
    """Runs a folder's generator in this process."""
    spec = importlib.util.spec_from_file_location(f"gen_{folder.name}", folder / "gen.py")
    if spec is None or spec.loader is None:
        raise ImportError(folder)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    scene: Scene = module.scene()
    return scene


def regenerated(folder: Path) -> list[str]:
    """Whether the committed captures are what the generator writes."""
    with tempfile.TemporaryDirectory() as name:
        written = {path.name: path for path in generated(folder).write(Path(name))}
        kept = {path.name for path in folder.glob("*-in.pcap*")}
        faults = [f"{missing} is not there" for missing in sorted(set(written) - kept)]
        faults += [f"{extra} has no generator" for extra in sorted(kept - set(written))]
        for same in sorted(kept & set(written)):
            if not filecmp.cmp(written[same], folder / same, shallow=False):
                faults.append(f"{same} is not what gen.py writes")
        return faults


def as_generated(folder: Path) -> tuple[str, list[tuple[str, list[str]]]]:
    """As `one`, of the captures alone."""
    return "captures as generated", [(folder.name, regenerated(folder))]


def one(folder: Path, binary: Path) -> tuple[str, list[tuple[str, list[str]]]]:
    """Runs a folder: what to print, and (name, faults) of each thing that passed or failed."""
    try:
        if (folder / "table.py").exists():
            from disguises import judge  # the table of disguises has its own report

            return judge.run(folder, binary)
        if (folder / "chain.yaml").exists():
            return chain.run(folder, binary)
        loaded = case.Case.load(folder)
        faults, _ = case.run(loaded, binary)
        return str(loaded.text["description"]), [(folder.name, faults)]
    except Exception:  # a broken answer must not stop the other cases
        return "", [(folder.name, traceback.format_exc().splitlines()[-12:])]


def main() -> int:
    """Runs what was asked for."""
    parser = argparse.ArgumentParser(description="capture cases for kmsgate-replay")
    parser.add_argument("--binary", type=Path, default=Path(os.environ.get("KMSGATE_REPLAY", DEFAULT)))
    parser.add_argument(
        "--regenerate", action="store_true", help="only check that the captures are what gen.py writes"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--simd", choices=["portable", "avx2", "avx512"], help="vector instructions that replay uses")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    if not options.regenerate and not options.binary.exists():
        print(f"run.py: {options.binary} is not there", file=sys.stderr)
        return 2
    if options.simd:
        os.environ["KMSGATE_SIMD"] = options.simd
    passed = failed = 0
    chosen = folders(options.cases)
    if not chosen:
        print(f"run.py: no case is named {options.cases}", file=sys.stderr)
        return 2

    job = as_generated if options.regenerate else functools.partial(one, binary=options.binary.resolve())
    # the longest first, and processes: scapy keeps one CPU busy
    chosen.sort(key=lambda folder: (not (folder / "table.py").exists(), folder))
    with ProcessPoolExecutor(options.jobs) as pool:
        for text, results in pool.map(job, chosen):
            if len(results) > 1:
                print(text)
            for name, faults in results:
                passed, failed = passed + (not faults), failed + bool(faults)
                if len(results) == 1 or faults:
                    print(f"{'FAIL' if faults else 'ok  '} {name}{'' if len(results) > 1 else '  ' + text}")
                for fault in faults[:40]:
                    print(f"       {fault}")
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
