# SPDX-License-Identifier: BSD-3-Clause
"""Use cases X.6 and X.8 with real dataplanes between real clients."""

from __future__ import annotations

import json

from .lib.bed import Hugepages
from .lib.netns import Namespace
from .lib.process import Failed, Process, wait_until
from .lib.suite import Context, same, test

RUNS = {("X.6", "clear"), ("X.6", "hashed"), ("X.8", "clear"), ("X.8", "hashed")}


@test("lab X.6 and X.8 live")
def live(context: Context) -> None:
    pages = Hugepages()
    pages.reserve()
    lab = Process(
        "lab",
        [str(context.build / "tools/lab/kmsgate-lab"), "run", "X.6", "X.8", "--live", "--json"],
        context.folder,
        Namespace(None),
    )
    try:
        wait_until("the end of the lab", lambda: not lab.alive(), 90)
    finally:
        code = lab.stop()  # it cleans up when it is asked to end
        pages.give_back()
    lines = [json.loads(line) for line in lab.text().splitlines()]
    faults = [f"{run['scenario']}, {run['variant']}: {fault}" for run in lines[:-1] for fault in run["faults"]]
    if code != 0 or faults:
        raise Failed(f"exit {code}\n" + "\n".join(faults) + lab.errors())
    same("runs", {(run["scenario"], run["variant"]) for run in lines[:-1]}, RUNS)
    context.say(f"{lines[-1]['passed']} of {lines[-1]['runs']}")
