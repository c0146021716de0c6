# SPDX-License-Identifier: BSD-3-Clause
"""The box under test: kmsgate-dataplane and kmsgate-control on a bed, and kmsgatectl beside them."""

from __future__ import annotations

import json
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .bed import Bed
from .process import Failed, Process, wait_until
from .rpc import Control, Link

USER = "nobody"
EDGE = "mc1-edge"
LEAD = 56  # bytes of last.table before the blob: magic, generation, size, digest


def policy(allow: str = "A", mode: str = "enforce", extra: str = "") -> str:
    """Domain mc1's clients stand inside; their initiators may use what `allow` says."""
    return f"""version: 1
tags: [roaming]
kms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}
domains:
  mc1: {{users: ["sip:*@mc1.example"], home: A, secondary: [C], external: [B]}}
  mc2: {{users: ["sip:*@mc2.example"], home: B, external: [A]}}
edges:
  {EDGE}:
    domain: mc1
    proxy: cs
    mode: {mode}
    rules:
      - {{name: roaming, side: initiator, when: {{tag: roaming}}, allow: [C], other: copy}}
      - {{name: attached, side: initiator, allow: [{allow}], other: copy}}
      - {{name: called, side: receiver, allow: [A]}}
{extra}"""


class Box:
    """Files of the box in FOLDER/box; programs are started and ended by the test."""

    def __init__(self, bed: Bed, build: Path, text: str | None = None, user: str = USER, **startup: Any) -> None:
        self.bed, self.build = bed, build
        self.folder = bed.folder / "box"
        self.state = self.folder / "state"
        self.state.mkdir(parents=True)
        account = pwd.getpwnam(user)
        self.user, self.uid, self.gid = user, account.pw_uid, account.pw_gid
        for folder in (self.folder, self.state):
            shutil.chown(folder, self.uid, self.gid)
        self.config, self.policy = self.folder / "kmsgate.yaml", self.folder / "policy.yaml"
        self.policy.write_text(text or policy())
        self.events_file = self.folder / "events.jsonl"
        self.settings: dict[str, Any] = {
            "version": 1,
            "ports": {"a": bed.devices[0], "b": bed.devices[1]},
            "edges": {EDGE: [{"inside": "a", "outside": "b"}]},
            "workers": 1,
            "state": str(self.state),
            "sockets": {
                "control": str(self.folder / "control.sock"),
                "table": str(self.folder / "table.sock"),
                "metrics": "127.0.0.1:9464" if bed.own else "none",
            },
            "user": user,
            "control": {
                "policy": str(self.policy),
                "audit": str(self.folder / "audit.log"),
                "events": {"file": str(self.events_file), "mode": "all", "per-second": 100000},
            },
            **startup,
        }
        self.write_config()
        self.dataplane: Process | None = None
        self.control: Process | None = None
        self.starts = 0

    def write_config(self) -> None:
        # every value is text; JSON is YAML
        def texts(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: texts(v) for k, v in value.items()}
            return [texts(v) for v in value] if isinstance(value, list) else str(value)

        self.config.write_text(json.dumps(texts(self.settings), indent=1) + "\n")

    def program(self, name: str) -> str:
        known = {"kmsgate-dataplane": "dataplane/main", "kmsgate-control": "control", "kmsgatectl": "control/cli"}
        path = self.build / known[name] / name
        if not path.exists():
            raise Failed(f"{path} is not there; build it, or name another folder with --build")
        return str(path)

    def start_dataplane(self, *options: str, wait: bool = True) -> Process:
        self.starts += 1
        self.dataplane = self.bed.spawn(
            f"dataplane-{self.starts}",
            self.bed.box_space,
            self.program("kmsgate-dataplane"),
            "--config",
            str(self.config),
            *options,
        )
        if wait:
            self.dataplane.wait_line("ready")
            self.bed.attach()
        return self.dataplane

    def start_control(self) -> Process:
        """As the account that the file names: control needs no privilege."""
        self.starts += 1
        self.control = self.bed.spawn(
            f"control-{self.starts}",
            self.bed.box_space,
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            self.program("kmsgate-control"),
            "--config",
            str(self.config),
        )
        self.control.wait_line("ready")
        return self.control

    def start(self) -> "Box":
        """Both, until the policy judges."""
        self.start_dataplane()
        self.start_control()
        wait_until("the first table", lambda: self.dataplane_status().get("generation"), 10)
        return self

    def dataplane_status(self) -> dict[str, Any]:
        """Empty while control does not reach it."""
        return self.ctl("status")["dataplane"] or {}

    def ctl(self, *words: str, code: int | None = 0) -> Any:
        """What kmsgatectl --json says: one value, or a list when it says several; `code` None: nothing when it fails."""
        run = subprocess.run(
            [self.program("kmsgatectl"), "--socket", str(self.settings["sockets"]["control"]), "--json", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if code is None and run.returncode != 0:
            return None
        if code is not None and run.returncode != code:
            raise Failed(
                f"kmsgatectl {' '.join(words)}: exit {run.returncode} in place of {code}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
            )
        try:
            return json.loads(run.stdout) if run.stdout.strip() else None
        except json.JSONDecodeError:
            return [json.loads(line) for line in run.stdout.splitlines()]

    def commit(self, text: str) -> Any:
        self.policy.write_text(text)
        return self.ctl("policy", "commit", str(self.policy))

    def generation(self) -> int:
        """Of the table that judges now, as the dataplane says."""
        return self.ctl("status")["dataplane"]["generation"]

    def last_table(self) -> bytes:
        """The table that the dataplane kept for its next start, without what stands before it in the file."""
        return (self.state / "last.table").read_bytes()[LEAD:]

    def rpc(self) -> Control:
        return Control(Path(self.settings["sockets"]["control"]))

    def link(self, hello: bool = True) -> Link:
        return Link(Path(self.settings["sockets"]["table"]), hello)

    def events(self, kind: str = "message") -> list[dict[str, Any]]:
        """The lines that control wrote so far; a line under way is left for later."""
        if not self.events_file.exists():
            return []
        lines = self.events_file.read_text().split("\n")[:-1]
        return [e for e in map(json.loads, lines) if e["event"] == kind]

    def stop(self) -> None:
        """Both must end cleanly."""
        for process in (self.control, self.dataplane):
            if process is not None and process.alive():
                code = process.stop()
                if code != 0:
                    raise Failed(f"{process.name}: exit {code} after SIGTERM\n{process.tail()}")
