# SPDX-License-Identifier: BSD-3-Clause
"""A row of edges: what one sends out is what the next one gets, and what comes back goes the other way."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from . import audit, expect, krr, program, rewritten, tshark
from .captures import Record, assemble, parse
from .program import OTHER, Inputs, Result

KEYS = {"description", "edges", "lines", "back"}


def run(folder: Path, binary: Path) -> tuple[str, list[tuple[str, list[str]]]]:
    """Runs every edge outward, then back: (description, one result)."""
    text = yaml.safe_load((folder / "chain.yaml").read_text())
    if set(text) != KEYS:
        raise ValueError(f"{folder.name}/chain.yaml: keys {sorted(text)}")
    near = {str(edge): str(port) for edge, port in text["edges"].items()}  # where requests come in
    edges = list(near)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        captures = {edges[0]: {near[edges[0]]: folder / "inside-in.pcap"}}
        results: dict[str, Result] = {}

        def one(edge: str, turn: str) -> Result:
            inputs = Inputs(folder / "policy.yaml", edge, captures[edge], [])
            return program.run(binary, inputs, work / f"{edge}-{turn}")

        for edge, following in zip(edges, edges[1:]):
            sent = one(edge, "out").files[f"{OTHER[near[edge]]}-out.pcap"]
            captures[following] = {near[following]: sent}
        for edge, before in reversed(list(zip(edges, [None, *edges]))):
            results[edge] = one(edge, "back")
            if before is not None:
                captures[before][OTHER[near[before]]] = results[edge].files[f"{near[edge]}-out.pcap"]
        for edge in edges:
            result = results[edge]
            inputs = Inputs(folder / "policy.yaml", edge, captures[edge], [])
            common, out = audit.enforce(result, inputs, {port: set() for port in OTHER}, 1500)
            found = common + expect.lines(text["lines"][edge], result.events)
            for port in OTHER:
                found += tshark.faults(result.files[f"{port}-out.pcap"], out[port].answers())
            faults += [f"{edge}: {fault}" for fault in found]
        faults += _back(text["back"], results[edges[0]].out[near[edges[0]]])
    return str(text["description"]), [(folder.name, faults)]


def _back(wanted: list[dict[str, object]], records: list[Record]) -> list[str]:
    """What the client gets: lists of each KRR and its embedded layers."""
    got = []
    held: list[bytes] = []
    for record in records:
        held.append(record.data)
        packet = parse(record.data)
        if packet is not None and packet.more:
            continue
        found = rewritten.find(assemble(held).data)
        held = []
        if found is None:
            got.append({"krr": None})
            continue
        document = krr.read(found.body)
        got.append(
            {
                "initiator": document.initiator,
                "receiver": document.receiver,
                "layers": found.body.count(b"<KmsRedirectResponse"),
            }
        )
    return [] if got == wanted else [f"the client got {got}, expected {wanted}"]
