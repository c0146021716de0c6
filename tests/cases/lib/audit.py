# SPDX-License-Identifier: BSD-3-Clause
"""What holds for every run, whatever the case: fields of the lines, sums, and every frame accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from . import check, rewritten, stream
from .captures import Datagram, Record, assemble, parse, written_as_agreed
from .fields import SUMMARY, faults_of_fields, nanoseconds
from .program import OTHER, Inputs, Line, Result


def sums(result: Result, inputs: Inputs) -> list[str]:
    """The accounting identity of the summary and its parts."""
    total = result.summary
    if set(total) != SUMMARY:
        return ["no summary to check"]
    faults = []
    count = {key: int(str(total[key])) for key in SUMMARY - {"event", "verdicts", "outcomes"}}
    arrived = sum(len(inputs.frames(port)) for port in OTHER)
    messages = [line for line in result.events if line["event"] == "message"]
    by_verdict = Counter(str(line["verdict"]) for line in messages)
    verdicts: dict[str, int] = total["verdicts"]
    outcomes: dict[str, int] = total["outcomes"]
    checks = {
        "frames_in": (count["frames_in"], arrived),
        "frames_in + generated": (
            count["frames_in"] + count["generated"],
            count["frames_out"] + count["absorbed"] + count["dropped"] + count["held"],
        ),
        "frames_out": (count["frames_out"], sum(len(records) for records in result.out.values())),
        "outcomes": (sum(outcomes.values()), count["frames_in"]),
        "messages": (count["messages"], len(messages)),
        "verdicts": ({k: v for k, v in verdicts.items() if v}, dict(by_verdict)),
    }
    for name, (one, two) in checks.items():
        if one != two:
            faults.append(f"summary: {name} is {one}, expected {two}")
    return faults


def captures(result: Result, inputs: Inputs) -> list[str]:
    """Form of the output captures; times in order, each the time of some arriving frame."""
    times = {record.time for port in OTHER for record in inputs.frames(port)}
    faults = []
    for port in OTHER:
        fault = written_as_agreed(result.files[f"{port}-out.pcap"]) if port in result.out else "not written"
        if fault:
            faults.append(f"{port}-out: {fault}")
            continue
        stamps = [record.time for record in result.out[port]]
        if stamps != sorted(stamps):
            faults.append(f"{port}-out: times not ascending")
        if not set(stamps) <= times:
            faults.append(f"{port}-out: times that no arriving frame has")
    return faults


@dataclass
class Leaving:
    """The frames that left by one port: (input frame number or None when generated, record)."""

    frames: list[tuple[int | None, Record]]

    def answers(self) -> list[tuple[list[int], Datagram, int]]:
        """Generated datagrams as (positions in the output, 1-based; datagram; time)."""
        out: list[tuple[list[int], Datagram, int]] = []
        held: list[int] = []
        for position, (source, record) in enumerate(self.frames, 1):
            packet = parse(record.data)
            if source is not None or packet is not None and packet.protocol == 6 and not packet.fragment:
                continue
            held.append(position)
            if packet is None or not packet.more:
                out.append((held, assemble([self.frames[p - 1][1].data for p in held]), record.time))
                held = []
        return out


def gone(result: Result, port: str) -> set[int]:
    """Numbers of the frames of a port that a line says did not leave."""
    out: set[int] = set()
    for line in result.events:
        if line["port"] == port and line.get("verdict") != "forward":
            out |= set(line["frames"])
    return out


def leaving(
    result: Result, inputs: Inputs, ended: dict[str, set[int]]
) -> tuple[dict[str, Leaving], list[str]]:
    """Pairs every frame that left with one that arrived; those that must leave are arrived - ended."""
    out, faults = {}, []
    for port in OTHER:
        source = inputs.frames(OTHER[port])
        waiting: dict[bytes, list[int]] = {}
        for number, record in enumerate(source, 1):
            if number not in ended[OTHER[port]]:
                waiting.setdefault(record.data, []).append(number)
        rows: list[tuple[int | None, Record]] = []
        for record in result.out.get(port, []):
            numbers = waiting.get(record.data)
            rows.append((numbers.pop(0) if numbers else None, record))
        lost = sorted(number for numbers in waiting.values() for number in numbers)
        if lost:
            faults.append(f"{port}-out: frames {lost} of {OTHER[port]}-in did not leave unchanged")
        out[port] = Leaving(rows)
    return out, faults


def repeated(lines: list[Line], data: dict[int, bytes], index: int) -> int:
    """Index of the first copy, same bytes in the same transaction, of this line's message."""
    keys = ("call_id", "cseq", "branch", "method", "port")
    first = index
    for earlier in range(index - 1, -1, -1):
        if any(lines[earlier].get(key) != lines[index].get(key) for key in keys):
            continue
        if data.get(earlier) == data[index]:
            first = earlier
    return first


def expected_status(line: Line) -> int | None:
    """Status of the answer that a line calls for."""
    if line.get("transport") == "tcp":
        return None
    if line.get("verdict") in ("redirect", "rewrite"):
        return 488
    if line.get("verdict") == "reject":
        return 400 if line["reason"] == "malformed-sip" else 488
    return 200 if line.get("verdict") == "absorb" and line["method"] == "CANCEL" else None


def leaves_by(line: Line) -> str:
    """The port by which what was made of a line's message leaves: answers go back, responses go on."""
    return OTHER[str(line["port"])] if line.get("kind") == "response" else str(line["port"])


def answers(result: Result, inputs: Inputs, out: dict[str, Leaving], mtu: int) -> list[str]:
    """Every refused message has its answer, complete and correct, and nothing else was generated."""
    faults: list[str] = []
    queue = {port: out[port].answers() for port in OTHER}
    data: dict[int, bytes] = {}
    said: dict[int, Datagram] = {}
    for index, line in enumerate(result.events):
        status, port = expected_status(line), str(line["port"])
        if status is None:
            continue
        arrived = inputs.frames(port)
        request = assemble([arrived[n - 1].data for n in line["frames"]])
        data[index] = request.data
        where = f"answer to line {index + 1}"
        leaving_by = leaves_by(line)
        if not queue[leaving_by]:
            faults.append(f"{where}: missing")
            continue
        positions, got, time = queue[leaving_by].pop(0)
        said[index] = got
        first = repeated(result.events, data, index)
        if line["kind"] == "response":
            problems = [] if line["verdict"] == "rewrite" else rewritten.without_krr(request, got, mtu)
            for position in positions:
                problems += rewritten.scapy_faults(out[leaving_by].frames[position - 1][1].data)
            if line["verdict"] == "rewrite":
                problems += rewritten.check(request, got, line, nanoseconds(result.events[first]), mtu)
            if first != index and first in said and said[first].data != got.data:
                problems.append(f"not the same bytes as those of line {first + 1}")
            faults += [f"{where}: {problem}" for problem in problems]
            continue
        problems = check.answer(request, got, status, mtu)
        if time != nanoseconds(line):
            problems.append(f"left at {time}, the line says {nanoseconds(line)}")
        if line["verdict"] == "redirect":
            problems += check.redirect(got, line["krr_out"], line["mikey"], nanoseconds(result.events[first]))
        else:
            problems += check.without_body(got, line["verdict"] == "reject" and status == 488)
        if first != index and first in said and said[first].data != got.data:
            problems.append(f"not the same bytes as the answer to line {first + 1}")
        faults += [f"{where}: {problem}" for problem in problems]
    for port, rest in queue.items():
        faults += [
            f"{port}-out: a generated datagram that no line explains: {got.data[:60]!r}" for _, got, _ in rest
        ]
    return faults


def counts(result: Result, out: dict[str, Leaving], silent: int) -> list[str]:
    """Absorbed, dropped, held and generated as the lines say; silent frames are duplicates without a line."""
    want = Counter[str]()
    fates: dict[tuple[str, int], str] = {}
    for line in result.events:
        verdict = line.get("verdict", "held" if line.get("reason") == "capture-end" else "drop")
        kind = {"forward": "", "drop": "dropped", "held": "held"}.get(str(verdict), "absorbed")
        if kind:  # a segment of several messages ends as the last of them that does not pass
            fates |= {(str(line["port"]), number): kind for number in line["frames"]}
    want.update(fates.values())
    want["generated"] = sum(source is None for port in OTHER for source, _ in out[port].frames)
    faults = []
    for name in ("absorbed", "dropped", "held", "generated"):
        got = int(str(result.summary.get(name, -1)))
        if not want[name] <= got <= want[name] + (silent if name != "generated" else 0):
            faults.append(f"summary: {name} is {got}, the lines say {want[name]}")
    return faults


def enforce(
    result: Result, inputs: Inputs, silent: dict[str, set[int]], mtu: int, enforcing: bool = True
) -> tuple[list[str], dict[str, Leaving]]:
    """All checks of a run in the policy's own mode; `would` stands only where that mode does not enforce."""
    faults = faults_of_fields(result) + sums(result, inputs) + captures(result, inputs)
    ended = {port: gone(result, port) | silent[port] for port in OTHER}
    out, lost = leaving(result, inputs, ended)
    faults += lost + answers(result, inputs, out, mtu) + stream.faults(result, inputs, out)
    faults += counts(result, out, sum(map(len, silent.values())))
    for number, line in enumerate(result.events, 1):
        if enforcing and line.get("would"):
            faults.append(f"line {number}: would is {line['would']!r}")
    return faults, out


def shadow(result: Result, enforced: Result, inputs: Inputs, silent: dict[str, set[int]]) -> list[str]:
    """In shadow everything leaves that only a verdict stopped, and `would` says what it was.

    Frames that never made a message (lengths, overlap, a missing fragment) may leave or not. What follows from our own
    answers is another in shadow, where we send none: an ACK or CANCEL is not absorbed, no limit is reached.
    """
    faults = faults_of_fields(result) + sums(result, inputs) + captures(result, inputs)
    ended: dict[str, set[int]] = {port: set(silent[port]) for port in OTHER}
    for line in enforced.events:
        if line["event"] == "drop" and not str(line["reason"]).startswith("tcp-"):
            ended[str(line["port"])] |= set(line["frames"])
    out, lost = leaving(result, inputs, ended)
    faults += lost
    for port in OTHER:
        optional = Counter(
            r.data for n, r in enumerate(inputs.frames(OTHER[port]), 1) if n in ended[OTHER[port]]
        )
        strange = Counter(record.data for source, record in out[port].frames if source is None) - optional
        if strange:
            faults.append(f"{port}-out: {sum(strange.values())} frames that never arrived")
    mine = [line for line in result.events if line["event"] == "message"]
    theirs = [line for line in enforced.events if line["event"] == "message"]
    ended_streams = any(str(line.get("reason")).startswith("tcp-") for line in enforced.events)
    if ended_streams or any(line["transport"] == "tcp" and line["verdict"] != "forward" for line in theirs):
        mine = stream.common(mine, theirs)  # the connection goes on, and more is said
    if len(mine) != len(theirs):
        return [f"shadow: {f}" for f in faults + [f"{len(mine)} message lines, {len(theirs)} when enforced"]]
    for number, (one, two) in enumerate(zip(mine, theirs), 1):
        if two["verdict"] == "absorb" or two["reason"] == "redirect-limit":
            continue
        allowed = [None, "forward"] if two["verdict"] == "forward" else [two["verdict"]]
        if (two["transport"], two["verdict"]) == ("tcp", "drop"):
            allowed += ["redirect", "reject", "rewrite"]  # whether an answer goes out first is not asked
        if one["verdict"] != "forward" or one["would"] not in allowed:
            faults.append(
                f"message {number}: {one['verdict']}, would {one['would']}; enforced {two['verdict']}"
            )
        if (one["reason"], one["frames"]) != (two["reason"], two["frames"]):
            faults.append(f"message {number}: reason {one['reason']}, enforced {two['reason']}")
    return [f"shadow: {fault}" for fault in faults]
