# SPDX-License-Identifier: BSD-3-Clause
"""Holds what left of one connection, and what was said of it, against the reading of what came."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import messages
from generate import Connection
from reading import OTHER, Ending, Line, Reading
from segment import ACK, FIN, RST, SYN, Segment, read

from lib import check

Input = tuple[int, str, int, bytes]  # time, port, number in the port's capture, frame
Output = tuple[int, str, bytes]  # time, port by which it left, frame
PATIENCE = 33 * 10**8  # the first time is after a second; after one that was lost too, after two more
# A SYN or an RST out of turn is believed by nobody: its receiver asks back (RFC 5961). It may pass, and it may not.
ASKED = ("syn", "rst")


@dataclass
class Side:
    """What left by one port, as an ordinary receiver there puts it together."""

    got: bytearray = field(default_factory=bytearray)  # 1 where a byte of the stream has come
    answer: bytes = b""
    reset: int | None = None  # when
    fin: bool = False
    promised: int = 0  # the sender was told that it has them, by the gate
    at: int = 0
    since: int = 0  # since then the receiver has acknowledged nothing, though something left
    again: bool = True  # and what it lacks left again meanwhile

    def reach(self) -> int:
        """What came in order."""
        gap = self.got.find(0)
        return len(self.got) if gap < 0 else gap


class Judge:
    """One connection of a run."""

    def __init__(
        self, made: Connection, inputs: list[Input], outputs: list[Output], lines: list[dict[str, Any]]
    ) -> None:
        self.made, self.inputs, self.outputs = made, inputs, outputs
        self.lines = [line for line in lines if line["event"] == "message"]
        self.drops = [line for line in lines if line["event"] == "drop"]
        self.reading = Reading(made.verdict)
        self.side = {"inside": Side(), "outside": Side()}
        self.arrived: dict[str, dict[bytes, list[int]]] = {"inside": {}, "outside": {}}
        self.left: set[tuple[str, int]] = set()
        self.bearing: dict[tuple[str, int, bytes], list[tuple[int, bytes]]] = {}  # the same, by place and payload
        self.newest: dict[str, int] = {}  # timestamp that left by a port
        self.faults: list[str] = []
        self.generated = 0
        self.twins = 0  # empty segments that left as they came; without an IP identification, ours look the same

    def fault(self, text: str) -> None:
        """Notes a fault."""
        self.faults.append(f"seed {self.made.seed}: {text}")

    def run(self) -> list[str]:
        """All faults."""
        at = 0
        for index, (time, port, number, frame) in enumerate(self.inputs):
            segment = read(frame)
            self.reading.feed(port, time, number, segment)
            self.arrived[port].setdefault(frame, []).append(number)
            if segment is not None and segment.payload:
                self.bearing.setdefault((port, segment.seq, segment.payload), []).append((number, frame))
            following = self.inputs[index + 1][0] if index + 1 < len(self.inputs) else 1 << 62
            while at < len(self.outputs) and self.outputs[at][0] < following:
                self._output(*self.outputs[at])
                at += 1
            self._prompt(time)
            self._again(time, port)
        self._reset()
        self._fin()
        self._message_lines()
        self._drop_lines()
        self._fates()
        return self.faults

    # what left
    def _output(self, time: int, port: str, frame: bytes) -> None:
        source = OTHER[port]
        segment = read(frame)
        numbers = self.arrived[source].get(frame) or self._renewed(port, segment, frame)
        ours, number = not numbers, 0
        if numbers:
            # of twins the one that is believed
            number = next((n for n in numbers if (source, n) not in self.reading.invalid), numbers[0])
            numbers.remove(number)
            self.twins += segment is not None and not segment.payload
            self.left.add((source, number))
            if self.reading.invalid.get((source, number), "rst") not in ASKED:
                why = self.reading.invalid[source, number]
                self.fault(f"frame {number} of {source} left, which only one end would believe: {why}")
        if segment is not None and segment.sound and segment.stamp is not None:
            self.newest[port] = max(self.newest.get(port, 0), segment.stamp[0])
        where = "a generated frame" if ours else f"frame {number} of {source}"
        if segment is None or (not segment.sound and ours):
            self.fault(f"at {time}: {where} is no sound TCP segment")
            return
        if not segment.sound:
            return
        if ours:
            self.generated += 1
            self._made(time, port, segment)
            if self._is_answer(port, segment):
                return
        self._bytes(time, port, segment, where, ours)
        if segment.flags & RST and self.side[port].reset is None:
            if self._exact(port, segment):
                self.side[port].reset = time
            elif ours:
                self.fault(f"at {time}: the RST by {port} is not where its receiver stands")
        if segment.flags & FIN and not segment.flags & SYN:
            place = self._place(port, segment) + len(segment.payload)
            self.side[port].fin = self.side[port].fin or place == self.side[port].reach()

    def _renewed(self, port: str, segment: Segment | None, frame: bytes) -> list[int]:
        """The frame that waited and left with a newer timestamp or acknowledgement than it came with: a receiver would
        otherwise throw it away (RFC 7323 5.2, RFC 5961 5.2). Nothing else of it may have changed."""
        source = OTHER[port]
        if segment is None or not segment.sound:
            return []
        for number, old in self.bearing.get((source, segment.seq, segment.payload), []):
            before = read(old)
            gone = (source, number) in self.left or (source, number) in self.reading.invalid
            if gone or before is None or len(old) != len(frame):
                continue
            ip = 14 + len(segment.tags)
            tcp = ip + ((frame[ip] & 15) * 4 if frame[ip] >> 4 == 4 else 40)
            may = {*range(tcp + 8, tcp + 12), *range(tcp + 14, tcp + 18)}  # acknowledgement, window, checksum
            if segment.stamp is not None and before.stamp is not None:
                if before.stamp[0] < segment.stamp[0] <= self.newest.get(port, 0):
                    at = frame.index(b"\x08\x0a", tcp + 20)
                    may |= {*range(at + 2, at + 6)}
            if all(i in may for i in range(len(frame)) if frame[i] != old[i]) and segment.ack - before.ack & 1 << 31 == 0:
                return [number]
        return []

    def _place(self, port: str, segment: Segment) -> int:
        return self.reading.half[OTHER[port]].place(segment.seq)

    def _exact(self, port: str, segment: Segment) -> bool:
        side = self.side[port]
        return self._place(port, segment) == side.reach() + len(side.answer) + (1 if side.fin else 0)

    def _is_answer(self, port: str, segment: Segment) -> bool:
        """The answer to a refused message goes back to the port by which it came, behind what left there."""
        ending, side = self.reading.ending, self.side[port]
        if ending is None or ending.why != "refused" or ending.port != port or not segment.payload:
            return False
        if self._place(port, segment) != side.reach() + len(side.answer):
            return False
        side.answer += segment.payload
        return True

    def _bytes(self, time: int, port: str, segment: Segment, where: str, made: bool) -> None:
        if segment.flags & SYN or not segment.payload:
            return
        half, side = self.reading.half[OTHER[port]], self.side[port]
        if half.isn is None:
            self.fault(f"at {time}: {where} has payload, and there is no stream")
            return
        start = self._place(port, segment)
        end = start + len(segment.payload)
        if side.reset is not None:
            self.fault(f"at {time}: {where} has payload behind the RST by {port}")
        if end > half.released:
            self.fault(f"at {time}: {where} has bytes {start}..{end}, only those before {half.released} may leave")
            end = min(end, len(half.data))
        low = max(start, 0)
        if half.data[low:end] != segment.payload[low - start : end - start]:
            for place in range(max(low, half.forgotten()), end):
                if half.data[place] != segment.payload[place - start]:
                    self.fault(f"at {time}: {where} has another byte at {place} of {OTHER[port]}'s stream")
                    break
        if made and half.edge is not None and end > half.edge:
            self.fault(f"at {time}: {where} goes beyond the window of its receiver")
        if start <= half.acked < end and half.acked < side.reach():
            side.again = True
        if len(side.got) < end:
            side.got += bytes(end - len(side.got))
        side.got[low:end] = b"\x01" * (end - low)

    def _made(self, time: int, port: str, segment: Segment) -> None:
        """A segment of the gate's own: in the name of the far end, and truthful."""
        target, source = self.made.ends[port], self.made.ends[OTHER[port]]
        where = f"at {time}: a generated frame by {port}"
        peer_side = self.side[OTHER[port]]
        if segment.flags & ACK and not segment.flags & RST and self.reading.half[port].isn is not None:
            peer_side.promised = max(peer_side.promised, self.reading.half[port].place(segment.ack))
        if segment.target != (target.address, target.port) or segment.source != (source.address, source.port):
            self.fault(f"{where} has other ends")
        if segment.macs != target.mac + source.mac:
            self.fault(f"{where} has other MAC addresses")
        peer = self.reading.half[port]
        if segment.flags & ACK and peer.isn is not None:
            if peer.place(segment.ack) > peer.next + (1 if peer.fin is not None else 0):
                self.fault(f"{where} acknowledges what has not come")
        if segment.payload and len(segment.payload) + (12 if segment.stamp else 0) > peer.mss:
            self.fault(f"{where} has {len(segment.payload)} bytes, its receiver takes {peer.mss}")
        stamped = peer.recent is not None and self.reading.half[OTHER[port]].recent is not None
        if stamped and segment.stamp is None and not segment.flags & RST:
            self.fault(f"{where} has no timestamps")

    def _prompt(self, time: int) -> None:
        """What is judged leaves at once."""
        for port, side in self.side.items():
            half = self.reading.half[OTHER[port]]
            want = half.reach(half.released)
            if side.reach() < want:
                self.fault(f"at {time}: {side.reach()} bytes left by {port}, {want} should have")
                side.got[: want] = b"\x01" * want  # said once

    def _again(self, time: int, port: str) -> None:
        """What the gate has promised is sent again when its receiver does not acknowledge it."""
        for end, side in self.side.items():
            half = self.reading.half[OTHER[end]]
            due = half.acked < min(side.promised, side.reach()) and self.reading.ending is None
            if not due or half.acked > side.at:
                side.since, side.again, side.at = time, not due, half.acked
            elif time - side.since > PATIENCE and not side.again:
                self.fault(f"at {time}: {half.acked} of {OTHER[end]}'s stream was promised, and is not sent again")
                side.again = True
        del port

    # how it ended
    def _reset(self) -> None:
        ending = self.reading.ending
        if ending is None:
            for port, side in self.side.items():
                if side.reset is not None:
                    self.fault(f"RST by {port}, and nothing was wrong")
            return
        for port, side in self.side.items():
            if ending.why == "reset" and port == ending.port:
                continue
            if side.reset != ending.time:
                self.fault(f"{ending.why} at {ending.time}, but the RST by {port} left at {side.reset}")
        side = self.side[ending.port]
        if ending.answer == "yes" and not side.answer:
            self.fault("no answer in front of the RST, and the stream back stood at a boundary")
        if ending.answer == "no" and side.answer:
            self.fault("an answer in a stream that did not stand at a boundary")
        if side.answer and ending.line is not None:
            self._answer(side.answer, ending, ending.line)

    def _answer(self, text: bytes, ending: Ending, line: Line) -> None:
        asked, got = check.parse(line.text), check.parse(text)
        event = next((e for e in self.lines if e["verdict"] != "forward"), {})
        if not got.start.startswith("SIP/2.0 488 "):
            self.fault(f"the answer starts {got.start!r}")
        source = str(ipaddress.ip_address(self.made.ends[ending.port].address))
        for name in ("via", "from", "call-id", "cseq"):
            rows = [value.replace(f";received={source}", "") for value in got.every(name)]
            if rows != asked.every(name):
                self.fault(f"the answer's {name} is {got.every(name)}, asked was {asked.every(name)}")
        if got.every("content-length") != [str(len(got.body))] or not check.to_tag(got):
            self.fault("the answer's Content-Length or To tag")
        if event.get("verdict") == "redirect":
            document = messages.krr_of(got.body)
            faults = document.faults
            if {"initiator": document.initiator, "receiver": document.receiver} != event["krr_out"]:
                said = event["krr_out"]
                faults = [*faults, f"KRR ({document.initiator}, {document.receiver}), the event says {said}"]
            for fault in faults:
                self.fault(f"the answer: {fault}")
        elif got.body:
            self.fault("the answer has a body")

    def _fin(self) -> None:
        for port, side in self.side.items():
            half = self.reading.half[OTHER[port]]
            if half.fin_ok and self.reading.ending is None and not side.fin:
                self.fault(f"the FIN of {OTHER[port]} did not leave")
            if side.fin and not half.fin_ok:
                self.fault(f"a FIN left by {port}, and the stream of {OTHER[port]} had not ended")

    # what was said
    def _message_lines(self) -> None:
        if len(self.lines) != len(self.reading.lines):
            self.fault(f"{len(self.lines)} message lines, there should be {len(self.reading.lines)}")
        for index, (got, want) in enumerate(zip(self.lines, self.reading.lines), 1):
            verdicts = {want.verdict}
            ending = self.reading.ending
            if ending is not None and ending.line is want and ending.answer == "either":
                verdicts.add("drop")
            call = f"call-{want.number}@client.example"
            rows = {
                "call_id": (got["call_id"], call),
                "time": (int(Decimal(str(got["time"])) * 10**9), want.time),
                "port": (got["port"], want.port),
                "frames": (tuple(got["frames"]), want.frames),
                "transport": (got["transport"], "tcp"),
                "reason": (got["reason"], want.reason),
                "verdict": (got["verdict"], got["verdict"] if got["verdict"] in verdicts else want.verdict),
            }
            for name, (one, two) in rows.items():
                if one != two:
                    self.fault(f"message line {index} ({call}): {name} is {one}, should be {two}")

    def _drop_lines(self) -> None:
        reasons: dict[tuple[str, int], str] = {}
        for line in self.drops:
            for number in line["frames"]:
                key = (line["port"], number)
                if key in reasons:
                    self.fault(f"frame {number} of {line['port']} stands in two drop lines")
                reasons[key] = line["reason"]
                if key in self.left:
                    self.fault(f"frame {number} of {line['port']} left, and a drop line says {line['reason']}")
        ending = self.reading.ending
        refused = set() if ending is None or ending.line is None else set(ending.line.frames)
        word = {"broken": "tcp-broken", "cut": "tcp-broken", "reset": "tcp-reset", "refused": "tcp-reset"}
        for (port, number), why in self.reading.invalid.items():
            if why not in ASKED and reasons.get((port, number)) not in ("tcp-invalid", "ip-malformed", "tcp-reset"):
                self.fault(f"frame {number} of {port} is invalid; it ended as {reasons.get((port, number))}")
        if ending is not None:
            for port, number in ending.waiting:
                if port == ending.port and number in refused or (port, number) in self.left:
                    continue
                if (port, number) in ending.reaching and (port, number) not in reasons:
                    continue
                want = word[ending.why] if port == ending.port else "tcp-reset"
                if reasons.get((port, number)) != want:
                    self.fault(
                        f"frame {number} of {port} waited when the connection was {ending.why};"
                        f" it ended as {reasons.get((port, number))}, should be {want}"
                    )
        else:
            for port, half in self.reading.half.items():
                done = half.reach(half.released)
                for one in half.kept:
                    waits = one.end > done
                    key = (port, one.number)
                    if waits and key not in self.left and reasons.get(key) != "capture-end":
                        self.fault(f"frame {one.number} of {port} waits at the end; it ended as {reasons.get(key)}")
        for port, number in self.reading.late:
            if (port, number) in self.left:
                self.fault(f"frame {number} of {port} left, and its connection had been taken down")
            elif not reasons.get((port, number), "").startswith("tcp-"):
                self.fault(f"frame {number} of {port} came late; it ended as {reasons.get((port, number))}")
        self.reasons = reasons

    def _fates(self) -> None:
        """Sound empty segments of a connection that stands leave; what is sent again of what left leaves again."""
        if self.reading.ending is not None or not self.made.boxed:
            return
        for _, port, number, frame in self.inputs:
            key = (port, number)
            segment = read(frame)
            if segment is None or key in self.left or key in self.reading.invalid or segment.payload:
                continue
            if segment.flags & (FIN | SYN | RST) == 0:
                self.fault(f"empty segment {number} of {port} did not leave; it ended as {self.reasons.get(key)}")
