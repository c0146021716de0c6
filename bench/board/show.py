# SPDX-License-Identifier: BSD-3-Clause
"""A run's figures for people."""

from __future__ import annotations

from typing import Any

from .goals import MET, NOT_MEASURED, NOT_MET, Result, judge_all


def number(value: float | None, form: str) -> str:
    """A figure, or a dash."""
    return "-" if value is None else format(value, form)


def aligned(head: list[str], lines: list[list[str]]) -> list[str]:
    """Columns; the first one to the left, the others to the right."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return ["  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                      for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip() for line in [head, *lines]]


def stages(rows: dict[str, dict[str, Any]]) -> list[str]:
    """One line a stage."""
    head = ["stage", "messages", "ns", "min..max", "floor ns", "ns/floor", "instructions", "instr/floor", "new", "malloc"]
    lines = []
    for row in rows.values():
        spread = "-" if row.get("ns_min") is None else f"{row['ns_min']:,.0f}..{row['ns_max']:,.0f}"
        lines.append([row["stage"], str(row["messages"]), number(row["ns"], ",.0f"), spread, number(row["floor_ns"], ",.0f"),
                      number(row["ns_to_floor"], ".2f"), number(row.get("instructions"), ",.0f"),
                      number(row.get("instructions_to_floor"), ".2f"), number(row["new"], ".2f"),
                      number(row["malloc"], ".2f")])
    return aligned(head, lines)


def figure(value: float, most: float) -> str:
    """A value, with as many digits as tell it from its limit."""
    if value == int(value):
        return f"{value:,.0f}"
    for digits in range(0 if value >= 100 else 2, 7):
        text = f"{value:,.{digits}f}"
        if (float(text.replace(",", "")) > most) == (value > most):
            return text
    return repr(value)


def goal_lines(results: list[Result]) -> list[str]:
    """The table of goals: figure, limit, met or not."""
    out = []
    width = max(len(r.goal.name) for r in results)
    for r in results:
        parts = [f"{figure(value, limit.most)} of {limit.most:,g} {limit.unit}"
                 for limit, value in zip(r.goal.limits, r.figures, strict=True) if value is not None]
        if r.why:
            parts.append(f"({r.why})" if parts else r.why)
        out.append(f"{r.state.upper() if r.state == NOT_MET else r.state:<12}  {r.goal.name:<{width}}  {'; '.join(parts)}")
        out.append(f"{'':<12}  {'':<{width}}  {r.goal.what}")
    count = {state: sum(r.state == state for r in results) for state in (MET, NOT_MET, NOT_MEASURED)}
    out.append(", ".join(f"{n} {state}" for state, n in count.items()))
    return out


def where(results: list[Result], measured: dict[str, Any]) -> list[str]:
    """Of goals not met: where the instructions go, by function."""
    out = []
    for r in results:
        rows = measured.get("stages", {}).get(r.goal.stage or "", {}).get("functions")
        if r.goal.name == "no-signalling":
            rows = measured.get("frames", {}).get("functions")
        if r.state != NOT_MET or not rows:
            continue
        out.append(f"{r.goal.name}: instructions by function")
        out += [f"  {taken:>10,.1f}  {name}" for name, taken in rows[:10]]
    return out


def frames(measured: dict[str, Any]) -> list[str]:
    """A frame beside testpmd."""
    out = []
    if of := measured.get("frames"):
        out.append(f"a frame that is no signalling, instructions: kmsgate {of['kmsgate']:.1f}, testpmd mac "
                   f"{of['testpmd']:.1f}, above {of['above']:.1f} ({of['what']})")
    for row in measured.get("path", []):
        out.append(f"{row['kind']}: kmsgate {1e9 / row['kmsgate']:.0f} ns a frame, testpmd mac {1e9 / row['testpmd']:.0f} ns, "
                   f"ratio {row['ratio']:.2f} (median of {row['rounds']} turns); longest poll gap "
                   f"{row['longest_gap_us']:,.0f} us")
    for row in measured.get("floods", []):
        of = row["steady"]
        out.append(f"flood {row['kind']}, beside {of['others_per_second']:,} other frames/s: {of['lost']} of {of['others']:,} lost, 99 % through in "
                   f"{of['flooded_us']['p99']:,.0f} us ({of['calm_us']['p99']:,.0f} us without), longest poll gap {of['longest_gap_us']:,.0f} us "
                   f"({of['longest_gap_calm_us']:,.0f} us without); {of['flood_taken'] / of['seconds']:,.0f} flood frames/s taken, "
                   f"{of['flood_dropped'] / of['seconds']:,.0f} dropped for time")
        if "others" in row:
            out.append(f"flood {row['kind']}, beside always another frame: {row['others'] / 1e6:.2f} Mpps of these, {row['alone'] / 1e6:.2f} without; "
                       f"longest poll gap {row['longest_gap_us']:,.0f} us")
    return out


def others(measured: dict[str, Any]) -> list[str]:
    """Cold memory, swaps."""
    out = []
    if of := measured.get("cold"):
        held = of["message_bytes"] + of["tag_bytes"] + of["transaction_bytes"]
        out.append(f"beyond the cache: {of['cold_ns']:,.0f} ns a message over {held / 2**20:,.0f} MiB ({of['messages']:,} "
                   f"messages), {of['warm_ns']:,.0f} ns over 128 messages; last cache {of['last_cache_bytes'] / 2**20:,.0f} MiB")
    for axis, of in measured.get("flat", {}).items():
        points = of["points"]
        out.append(f"flat, {axis}: " + ", ".join(f"{p['size']:,}: {p['instructions']:,.0f} instructions, {p['ns']:,.0f} ns" for p in points)
                   + (f"; {of['bytes_per_entry']:,.0f} bytes an entry" if of.get("bytes_per_entry") is not None else ""))
    if of := measured.get("swap"):
        out.append(f"swap: {of['commits']:,} commits, {of['publish_us']:.0f} us each; {of['messages']:,} INVITEs, {of['lost']} lost; "
                   f"99 % through in {of['swapping_us']['p99']:.0f} us ({of['quiet_us']['p99']:.0f} us without commits), "
                   f"worst {of['swapping_us']['worst']:.0f} us ({of['quiet_us']['worst']:.0f} us)")
    return out


def all_of(measured: dict[str, Any]) -> str:
    """Everything."""
    machine = measured["host"]
    results = judge_all(measured)
    text = [f"kmsgate {measured['revision']}; {machine['cpu']}, {machine['cpus']} CPUs, load {machine['load']:.1f} at the start; "
            f"{machine['compiler']}; {measured['seconds']:.0f} s"]
    text += ["", *goal_lines(results)]
    if measured.get("stages"):
        text += ["", *stages(measured["stages"])]
    text += ["", *frames(measured), *others(measured)]
    if detail := where(results, measured):
        text += ["", *detail]
    return "\n".join(text)
