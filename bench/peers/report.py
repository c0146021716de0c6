# SPDX-License-Identifier: BSD-3-Clause
"""The figures of a run as tables and as a picture."""

from __future__ import annotations

import statistics
from typing import Any

import chart
import checks

Report = dict[str, Any]


def middle(values: list[float]) -> dict[str, float]:
    """Median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def rows_of(lines: list[list[str]], head: list[str]) -> str:
    """Columns as wide as they must be; the first to the left, the others to the right."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()
                     for line in [head, *lines])


def spread(value: dict[str, float], form: str) -> str:
    """least..most"""
    return f"{value['min']:{form}}..{value['max']:{form}}"


def in_process(rows: list[dict[str, Any]]) -> str:
    """The group without sockets."""
    lines = []
    for row in rows:
        counted = row["instructions"]
        lines.append([
            row["name"], f"{row['ns']['median']:,.0f}", spread(row["ns"], ",.0f"), f"{row['ns_to_floor']:.1f}",
            "-" if counted is None else f"{counted:,.0f}",
            "-" if counted is None else f"{row['instructions_to_floor']:.1f}", f"{row['allocations']:.1f}"])
    return rows_of(lines, ["in process", "ns", "min..max", "to floor", "instructions", "to floor", "allocations"])


def with_sockets(rows: list[dict[str, Any]]) -> str:
    """The group with sockets."""
    lines = [[
        row["name"], f"{row['rate']['median']:,.0f}", spread(row["rate"], ",.0f"), f"{row['to_kmsgate']:.2f}",
        row["ends"], f"{row['us']['median']:.1f}", spread(row["us"], ".1f"), f"{row['loss'] * 100:.3f} %"] for row in rows]
    return rows_of(lines, ["with sockets", "messages/s", "min..max", "to kmsgate", "ends by", "us CPU/message", "min..max", "lost"])


def latency(rows: list[dict[str, Any]]) -> str:
    """Round trips."""
    lines = [[row["name"], f"{row['rate']:,.0f}", *(f"{row[key]['median']:,.0f}" for key in ("p50", "p90", "p99")),
              f"{row['max']['max']:,.0f}", f"{row['loss'] * 100:.3f} %"] for row in rows]
    return rows_of(lines, ["round trip, us", "messages/s", "p50", "p90", "p99", "max", "lost"])


def hidden(rows: list[dict[str, Any]]) -> str:
    """Who stops what."""
    lines = [[row["name"], f"{row['forbidden_stopped']} of {row['of']}", f"{row['harmless_stopped']} of {row['of']}",
              f"{row['allowed_stopped']} of {row['of']}"] for row in rows]
    return rows_of(lines, ["disguises", "forbidden stopped", "harmless stopped", "allowed stopped"])


def verdicts(rows: list[dict[str, Any]]) -> str:
    """Whether everybody says the same of plain messages."""
    return "\n".join(f"verdicts on {row['of']} plain messages, half of the KMSs allowed: {row['name']} "
                     f"{row['right']} right ({row['forwarded']} forwarded, {row['refused']} refused)" for row in rows)


def tables(report: Report) -> str:
    """All that people read."""
    host = report["host"]
    parts = [f"{host['cpu']}, {host['cpus']} CPUs, load {host['load']:.1f} at the start; {report['rounds']} rounds in process, "
             f"{report['turns']} with sockets; medians; {report['messages']} messages of {report['bytes']['min']}..{report['bytes']['max']} bytes"]
    parts.append(in_process(report["in_process"]))
    if report["sockets"]:
        parts += [with_sockets(report["sockets"]), latency(report["latency"]), verdicts(report["verdicts"])]
    parts.append(hidden(report["hidden"]))
    return "\n\n".join(parts)


def page(text: str, report: Report, command: str, date: str) -> str:
    """A README whose last section is this run."""
    head, mark, _ = text.partition("## As printed\n")
    if not mark:
        raise ValueError("the README has no section `As printed`")
    printed = "\n".join(f"    {line}".rstrip() for line in tables(report).splitlines())
    return f"""{head}{mark}
`{command}`, {date}, measured in {report['seconds']:.0f} s; what the load says others did is in the times.

{printed}

![bars](peers.svg)

What each looks at before it says which KMSs a message names (printed with the tables):

{checks.table()}
"""


def colour(name: str) -> str:
    """Ours, the least there can be, theirs."""
    return chart.OURS if name.startswith("kmsgate") else chart.FLOOR if name.startswith(("floor", "wire")) else chart.THEIRS


def panels(report: Report) -> list[chart.Panel]:
    """One for each group."""
    bars = tuple(chart.Bar(row["name"], row["ns"]["median"] / 1000, row["ns"]["min"] / 1000, row["ns"]["max"] / 1000,
                           f"{row['ns']['median'] / 1000:.2f} us", colour(row["name"])) for row in report["in_process"])
    out = [chart.Panel("In process: one message of 2.7 kB in memory", "from its bytes to both KMS names (kmsgate: to the verdict, "
                       "-refuse: to the finished 488); median, least and most of the rounds", "microseconds, log", bars)]
    counted = [row for row in report["in_process"] if row["instructions"]]
    if counted:
        bars = tuple(chart.Bar(row["name"], row["instructions"], row["instructions"], row["instructions"],
                               f"{row['instructions']:,.0f}", colour(row["name"])) for row in counted)
        out.append(chart.Panel("In process: instructions per message", "callgrind, AVX2", "instructions, log", bars))
    if report["sockets"]:
        bars = tuple(chart.Bar(row["name"], row["us"]["median"], row["us"]["min"], row["us"]["max"],
                               f"{row['us']['median']:.1f} us, {row['rate']['median']:,.0f}/s", colour(row["name"])) for row in report["sockets"])
        out.append(chart.Panel("With sockets: two fragments in, two (or a 488) out", "CPU time of one message at the highest rate without loss, "
                               "input and output included", "microseconds, log", bars))
    return out


def picture(report: Report) -> str:
    """The SVG."""
    return chart.svg(panels(report), "One MC INVITE through kmsgate and through what would be used instead")
