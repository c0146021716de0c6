# SPDX-License-Identifier: BSD-3-Clause
"""Start and end: faults of the files are told before a port is touched, root is given up, signals end it cleanly."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

from smoke.lib.bed import Bed
from smoke.lib.box import EDGE, Box
from smoke.lib.calls import HOME, OTHER, Callee, Caller
from smoke.lib.suite import Context, expect, same, test

PLACE = re.compile(r"kmsgate\.yaml:\d+:\d+: .+; .+")


def faulty(good: dict[str, Any]) -> dict[str, str | dict[str, Any]]:
    """Files with a fault each; text stands as it is."""

    def but(**changes: Any) -> dict[str, Any]:
        return {**good, **changes}

    ports = good["ports"]
    return {
        "no YAML": "version: 1\nports: [\n",
        "an unknown key": but(colour="red"),
        "a key twice": "version: 1\nversion: 1\n",
        "another version": but(version=2),
        "no ports": {k: v for k, v in good.items() if k != "ports"},
        "one device twice": but(ports={"a": ports["a"], "b": ports["a"]}),
        "a device that cannot be": but(ports={"a": ports["a"], "b": "eth0"}),
        "a port that is not there": but(edges={EDGE: [{"inside": "a", "outside": "c"}]}),
        "no state": {k: v for k, v in good.items() if k != "state"},
        "too many workers": but(workers=65),
        "an MTU that cannot be": but(mtu=100),
        "a socket path too long": but(sockets={"table": "/tmp/" + "x" * 120}),
    }


def touched(bed: Bed) -> bool:
    """An interface that AF_XDP took bears a program; one that was not taken does not."""
    return any("xdp" in bed.box_space.ip("link", "show", "dev", f"d{port}") for port in "ab")


@test("faults of kmsgate.yaml")
def configuration(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build)
        good = dict(box.settings)
        cases = faulty(good)
        for name, what in cases.items():
            if isinstance(what, str):
                box.config.write_text(what)
            else:
                box.settings = what
                box.write_config()
            process = box.start_dataplane(wait=False)
            same(f"{name}: exit code", process.wait(10), 2)
            expect(PLACE.search(process.errors()), f"{name}: no line with a place: {process.errors()}")
            same(f"{name}: ready was said", "ready" in process.text(), False)
            same(f"{name}: a port was touched", touched(bed), False)
        same("what stands in the state folder", os.listdir(box.state), [])
        box.settings = good
        box.write_config()
        check = box.start_dataplane("--check", wait=False)
        same("exit code of --check", check.wait(10), 0)
        expect("net_af_xdp0" in check.text(), f"--check says {check.text()}")
        same("--check touched a port", touched(bed), False)
        box.start_dataplane()
        same("the good file: the ports are taken", touched(bed), True)
        context.say(f"{len(cases)} faults")
        box.stop()


def ids(pid: int) -> dict[str, set[tuple[str, ...]]]:
    """User and group ids (real, effective, saved, file system) over all tasks of a process."""
    out: dict[str, set[tuple[str, ...]]] = {"Uid": set(), "Gid": set(), "CapEff": set(), "CapPrm": set()}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in out:
                out[name].add(tuple(rest.split()))
    return out


@test("privileges, signals")
def privileges(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        assert box.dataplane is not None and box.control is not None
        tasks = len(list(Path(f"/proc/{box.dataplane.pid}/task").iterdir()))
        expect(tasks >= 2, f"{tasks} task")
        for process in (box.dataplane, box.control):
            got = ids(process.pid)
            same(f"user ids of {process.name}", got["Uid"], {(str(box.uid),) * 4})
            same(f"group ids of {process.name}", got["Gid"], {(str(box.gid),) * 4})
            same(f"capabilities of {process.name}", got["CapEff"] | got["CapPrm"], {("0" * 16,)})
        table, control = (Path(box.settings["sockets"][n]) for n in ("table", "control"))
        same("mode of the table socket", oct(table.stat().st_mode & 0o777), "0o600")
        box.stop()
        same("sockets left behind", [str(p) for p in (table, control) if p.exists()], [])
        box.start_dataplane()
        same("exit code after SIGINT", box.dataplane.stop(signal.SIGINT), 0)
        context.say(f"{tasks} tasks of {box.user}, SIGTERM and SIGINT end with 0")


@test("a table file and no control")
def table_file(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        box.stop()
        table = box.folder / "given.table"
        table.write_bytes(box.last_table())
        (box.state / "last.table").unlink()
        # without any table signalling is dropped, everything else passes
        box.start_dataplane()
        expect(
            " 0% packet loss" in bed.a.space.tool("ping", "-q", "-c", "5", "-i", "0.02", "-W", "2", bed.b.ip4), "ping"
        )
        with bed.sniff(bed.b) as far:
            lost = Caller(bed, "lost", HOME, HOME, local=5110, seconds=2)
            expect(lost.process.wait(10) != 0, "a call without a table went through")
            same("what crossed without a table", [f for f in far.arrived() if b"INVITE sip:" in f], [])
        same("exit code", box.dataplane.stop(), 0)
        box.start_dataplane("--table", str(table))
        for name, kms, port in (("good", HOME, 5112), ("bad", OTHER, 5114)):
            with bed.sniff(bed.b) as far:
                same(f"{name}: calls", Caller(bed, name, kms, HOME, local=port).finish()["successful"], 1)
                same(f"{name}: crossed", any(b"INVITE sip:" in f for f in far.arrived()), kms == HOME)
        same("exit code", box.dataplane.stop(), 0)
        table.write_bytes(table.read_bytes()[:-8])
        refused = box.start_dataplane("--table", str(table), wait=False)
        same("exit code with a table cut short", refused.wait(10), 1)
        expect(str(table) in refused.errors(), refused.errors())
