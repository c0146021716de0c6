# SPDX-License-Identifier: BSD-3-Clause
"""One case folder: reads case.yaml, runs the program three times and gathers everything that differs."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import audit, check, expect, program, retag, stream, tshark
from .program import OTHER, Inputs, Result

ROOT = Path(__file__).resolve().parents[1]
KEYS = {
    "description",
    "edge",
    "args",
    "tags",
    "exit",
    "stderr",
    "events",
    "summary",
    "inside-out",
    "outside-out",
    "silent",
    "shadow",
}


@dataclass
class Case:
    """A folder and what its case.yaml says."""

    folder: Path
    text: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "Case":
        """Reads case.yaml; unknown keys are an error."""
        text = yaml.safe_load((folder / "case.yaml").read_text())
        unknown = set(text) - KEYS
        if unknown:
            raise ValueError(f"{folder.name}/case.yaml: unknown keys {sorted(unknown)}")
        return cls(folder, text)

    @property
    def captures(self) -> dict[str, Path]:
        """The input captures by port."""
        found = {port: sorted(self.folder.glob(f"{port}-in.pcap*")) for port in OTHER}
        return {port: paths[0] for port, paths in found.items() if paths}

    @property
    def policy(self) -> Path:
        """The case's own policy, or the shared one."""
        own = self.folder / "policy.yaml"
        return own if own.exists() else ROOT / "policy.yaml"

    def inputs(self, captures: dict[str, Path]) -> Inputs:
        """What the program gets."""
        arguments = [str(a) for a in self.text.get("args", [])]
        if "tags" in self.text:
            arguments += ["--tags", str(self.folder / str(self.text["tags"]))]
        return Inputs(self.policy, str(self.text["edge"]), captures, arguments)

    @property
    def mtu(self) -> int:
        """The MTU that the case asks for."""
        args = [str(a) for a in self.text.get("args", [])]
        return int(args[args.index("--mtu") + 1]) if "--mtu" in args else 1500


def expected_out(wanted: list[dict[str, Any]], out: audit.Leaving, result: Result, port: str) -> list[str]:
    """Compares the frames that left by a port with the list of the case, in order."""
    got: list[object] = []
    ends = {positions[-1]: (positions, data) for positions, data, _ in out.answers()}
    made = stream.kinds(out)
    for position, (source, _) in enumerate(out.frames, 1):
        if source is not None:
            got.append(source)
        elif position in made:
            got.append(made[position])
        elif position in ends:
            head = check.parse(ends[position][1].data)
            size = "one frame" if len(ends[position][0]) == 1 else "fragments"
            got.append(f"answer {head.start.split(' ')[1]} to {head.one('call-id')} in {size}")
    want: list[object] = []
    for item in wanted:
        if "same" in item:
            want += item["same"]
            continue
        if "made" in item:
            want.append(item["made"])
            continue
        answer: dict[str, Any] = item["answer"]
        number = int(str(answer["line"]))
        call = (
            result.events[number - 1].get("call_id")
            if number <= len(result.events)
            else "a line that is missing"
        )
        want.append(
            f"answer {answer['status']} to {call} in "
            + ("fragments" if answer.get("fragments") else "one frame")
        )
    return [] if got == want else [f"{port}-out: expected {want}, got {got}"]


def tags_of(result: Result, inputs: Inputs, silent: dict[str, set[int]]) -> dict[int, str]:
    """To tags of the answers by line."""
    _, out = audit.enforce(result, inputs, silent, 65535)
    queue = {port: out[port].answers() for port in OTHER}
    tags = {}
    for number, line in enumerate(result.events, 1):
        port = audit.leaves_by(line) if line["event"] == "message" else str(line["port"])
        if audit.expected_status(line) is not None and queue[port]:
            tags[number] = check.to_tag(check.parse(queue[port].pop(0)[1].data)) or "none"
    return tags


def run(case: Case, binary: Path) -> tuple[list[str], Result | None]:
    """Everything that differs, and the enforcing run."""
    silent = {port: set(case.text.get("silent", {}).get(port, [])) for port in OTHER}
    wanted_code = int(str(case.text.get("exit", 0)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = case.inputs(case.captures)
        if retag.wanted(inputs.captures):
            before = program.run(binary, inputs, folder / "before")
            inputs = case.inputs(
                retag.fill(case.captures, tags_of(before, inputs, silent), folder / "filled")
            )
        result = program.run(binary, inputs, folder / "one")
        faults = []
        if result.code != wanted_code:
            faults.append(f"exit code {result.code}, expected {wanted_code}; {result.errors.strip()[:400]}")
        for pattern in case.text.get("stderr", []):
            if not re.search(str(pattern), result.errors):
                faults.append(f"not on stderr: {pattern!r}; there is {result.errors.strip()[:600]!r}")
        if wanted_code == 2:
            return faults + [f"{n} was written" for n, raw in result.raw.items() if raw], None
        if not result.lines:
            return faults + ["no event lines"], None
        faults += expect.lines(case.text.get("events", []), result.events)
        faults += expect.differences(case.text.get("summary", {}), result.summary, "summary")
        enforcing = bool(case.text.get("shadow", True))
        common, out = audit.enforce(result, inputs, silent, case.mtu, enforcing)
        faults += common
        for port in OTHER:
            if f"{port}-out" in case.text:
                faults += expected_out(case.text[f"{port}-out"], out[port], result, port)
            faults += tshark.faults(result.files[f"{port}-out.pcap"], out[port].answers())
            faults += tshark.segments(result.files[f"{port}-out.pcap"], stream.kinds(out[port]))
        if program.run(binary, inputs, folder / "two").raw != result.raw:
            faults.append("a second run gives other bytes")
        if enforcing:
            faults += audit.shadow(
                program.run(binary, inputs, folder / "shadow", ["--mode", "shadow"]), result, inputs, silent
            )
        return faults, result
