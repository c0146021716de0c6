# SPDX-License-Identifier: BSD-3-Clause
"""The fields that every event line has, no more and no fewer."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal

from .program import OTHER, Line, Result

MESSAGE = {
    "event",
    "time",
    "edge",
    "table",
    "generation",
    "port",
    "frames",
    "transport",
    "src",
    "dst",
    "kind",
    "method",
    "status",
    "call_id",
    "cseq",
    "branch",
    "mikey",
    "user",
    "side",
    "rule",
    "verdict",
    "would",
    "reason",
    "krr_in",
    "krr_out",
}
DROP = {"event", "time", "port", "frames", "reason"}
SUMMARY = {
    "event",
    "frames_in",
    "generated",
    "frames_out",
    "absorbed",
    "dropped",
    "held",
    "messages",
    "verdicts",
    "outcomes",
}
VERDICTS = {"forward", "redirect", "reject", "rewrite", "absorb", "drop"}
WHERE = {"sdp-session", "sdp-media", "sdp-capability", "application-mikey", "xml", "uri-body"}
CHOICES: dict[str, Collection[str | None]] = {
    "kind": {"request", "response", "unknown"},
    "verdict": VERDICTS,
    "would": VERDICTS | {None},
    "side": {"initiator", "receiver", "both", None},
    "port": set(OTHER),
    "transport": {"udp", "tcp"},
}


def nanoseconds(line: Line) -> int:
    """The time of a line."""
    return int(Decimal(str(line["time"])) * 10**9)


def faults_of_fields(result: Result) -> list[str]:
    """Every line has exactly its fields, with values of the agreed kind."""
    faults = []
    for number, (text, line) in enumerate(zip(result.text, result.lines), 1):
        kind = line.get("event")
        wanted = {"message": MESSAGE, "drop": DROP, "summary": SUMMARY}.get(str(kind))
        if wanted is None:
            faults.append(f"line {number}: event {kind!r}")
            continue
        given = set(line) - ({"krr_unknown"} if line.get("krr_unknown") else set())
        if given != wanted:
            faults.append(
                f"line {number}: missing {sorted(wanted - given)}, too many {sorted(given - wanted)}"
            )
            continue
        if kind != "summary" and not re.search(r'"time":\s*\d+\.\d{9}[,}]', text):
            faults.append(f"line {number}: time without nine decimals")
        if kind != "summary" and line["frames"] != sorted(set(line["frames"])):
            faults.append(f"line {number}: frames {line['frames']} not ascending")
        if kind == "message":
            faults += [f"line {number}: {f}" for f in _message(line)]
    if [line.get("event") for line in result.lines].count("summary") != 1 or not result.summary:
        faults.append("the last line is not the only summary")
    return faults


def _message(line: Line) -> list[str]:
    faults = [f"{key} is {line[key]!r}" for key, choices in CHOICES.items() if line[key] not in choices]
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", str(line["table"])):
        faults.append(f"table is {line['table']!r}")
    for key in ("user", "rule"):
        if not isinstance(line[key], dict) or set(line[key]) != {"initiator", "receiver"}:
            faults.append(f"{key} is {line[key]!r}")
    for key in ("krr_in", "krr_out"):
        lists = line[key]
        if lists is not None and (not isinstance(lists, dict) or set(lists) != {"initiator", "receiver"}):
            faults.append(f"{key} is {lists!r}")
    if not isinstance(line["mikey"], list):
        return faults + [f"mikey is {line['mikey']!r}"]
    for item in line["mikey"]:
        if set(item) not in ({"where", "error"}, {"where", "idrkmsi", "idrkmsr", "idri", "idrr"}):
            faults.append(f"mikey item {item}")
        elif item["where"] not in WHERE:
            faults.append(f"where is {item['where']!r}")
    if (line["krr_out"] is not None) != ((line["would"] or line["verdict"]) in ("redirect", "rewrite")):
        faults.append(f"krr_out is {line['krr_out']!r} with verdict {line['verdict']}, would {line['would']}")
    return faults
