# SPDX-License-Identifier: BSD-3-Clause
"""SIPp on both sides: scenarios of MC calls with an I_MESSAGE in the offer, and their ends."""

from __future__ import annotations

import re

from cases.lib import mikey, sip

from .bed import Bed, Side
from .process import Failed, Process

HOME, OTHER = "kms.a.example", "kms.c.example"
UAS_PORT = 5070  # behind a server that has 5060 for itself


def host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _block(text: str, options: str = "") -> str:
    return f"<send{options}><![CDATA[\n{text}\n]]></send>\n"


def _request(method: str, number: str, to: str, call: str, rest: list[str]) -> str:
    """`call`: what stands behind the branch, the same for an INVITE and the ACK of its refusal."""
    return "\n".join(
        [
            f"{method} {sip.BOB} SIP/2.0",
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-{call}-[call_number]-[pid]",
            "Max-Forwards: 70",
            f"From: <{sip.ALICE}>;tag=a[call_number]-[pid]",
            f"To: {to}",
            "Call-ID: [call_id]",
            f"CSeq: {number} {method}",
            "Contact: <sip:alice@[local_ip]:[local_port]>",
            *rest,
        ]
    )


def caller_xml(kmsi: str, kmsr: str, small: bool = False, hold_ms: int = 50, tcp: bool = False) -> str:
    """An initiator that takes what comes: 200, ACK, BYE, or 488 and the ACK of that (over TCP there is none: the
    connection is no more). INVITE of 2.5 kB, or `small`."""
    message = mikey.i_message(kmsi, kmsr, sip.ALICE, sip.BOB, small=small)
    offer = sip.invite(1, message) if not small else sip.offer("INVITE", 1, message)
    kind, body = offer.get("Content-Type"), offer.body.decode().replace("\r\n", "\n").rstrip("\n")
    if "]]>" in body or "[" in body:
        raise Failed("the body would not survive SIPp")
    tail = ["Content-Length: 0", ""]
    own = f"<{sip.BOB}>"
    peer = own + "[peer_tag_param]"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="caller">\n'
        + _block(
            _request("INVITE", "1", own, "inv", [f"Content-Type: {kind}", "Content-Length: [len]", "", body]),
            ' retrans="500"',
        )
        + '<recv response="100" optional="true"/>\n<recv response="180" optional="true"/>\n'
        '<recv response="488" optional="true" next="refused"/>\n<recv response="200"/>\n'
        + _block(_request("ACK", "1", peer, "ack", tail))
        + f'<pause milliseconds="{hold_ms}"/>\n'
        + _block(_request("BYE", "2", peer, "bye", tail), ' retrans="500"')
        + '<recv response="200" next="end"/>\n<label id="refused"/>\n'
        + ("" if tcp else _block(_request("ACK", "1", peer, "inv", tail)))
        + '<label id="end"/>\n</scenario>\n'
    )


def callee_xml() -> str:
    """A receiver that accepts every call."""
    copied = "[last_Via:]\n[last_From:]\n[last_To:]{}\n[last_Call-ID:]\n[last_CSeq:]\n"

    def answer(line: str, tag: str = "") -> str:
        return _block(
            f"SIP/2.0 {line}\n"
            + copied.format(tag)
            + "Contact: <sip:bob@[local_ip]:[local_port]>\nContent-Length: 0\n"
        )

    tag = ";tag=b[call_number]-[pid]"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="callee">\n<recv request="INVITE" crlf="true"/>\n'
        + answer("180 Ringing", tag)
        + answer("200 OK", tag)
        + '<recv request="ACK"/>\n<recv request="BYE"/>\n'
        + answer("200 OK")
        + "</scenario>\n"
    )


class Callee:
    """A SIPp that accepts calls at a port of a side."""

    def __init__(self, bed: Bed, side: Side, version: int = 4, port: int = 5060, transport: str = "u1") -> None:
        scenario = bed.folder / "callee.xml"
        scenario.write_text(callee_xml())
        self.process = bed.spawn(
            f"callee-{version}-{port}",
            side.space,
            "sipp",
            "-sf",
            str(scenario),
            "-i",
            side.address(version),
            "-p",
            str(port),
            "-t",
            transport,
            "-nostdin",
            "-trace_err",
            "-error_file",
            str(bed.folder / "callee-errors.log"),
        )
        bed.wait_port(side, port, "udp" if transport[0] == "u" else "tcp")


class Caller:
    """A SIPp that makes calls from A to B."""

    def __init__(
        self,
        bed: Bed,
        name: str,
        kmsi: str = HOME,
        kmsr: str = HOME,
        *,
        version: int = 4,
        calls: int = 1,
        rate: int = 10,
        small: bool = False,
        port: int = 5060,
        local: int = 5060,
        hold_ms: int = 50,
        seconds: int = 30,
        transport: str = "u1",
    ) -> None:
        scenario = bed.folder / f"{name}.xml"
        scenario.write_text(caller_xml(kmsi, kmsr, small, hold_ms, transport[0] != "u"))
        self.counts = bed.folder / f"{name}-counts.csv"
        self.process: Process = bed.spawn(
            name,
            bed.a.space,
            "sipp",
            "-sf",
            str(scenario),
            "-i",
            bed.a.address(version),
            "-p",
            str(local),
            "-t",
            transport,
            "-max_socket",
            "1000",
            "-m",
            str(calls),
            "-r",
            str(rate),
            "-cid_str",
            f"{name}-%u-%p@%s",
            "-nostdin",
            "-timeout",
            str(seconds),
            "-timeout_error",
            "-trace_err",
            "-error_file",
            str(bed.folder / f"{name}-errors.log"),
            "-trace_stat",
            "-stf",
            str(self.counts),
            "-fd",
            "1",
            f"{host(bed.b.address(version))}:{port}",
        )

    def finish(self, seconds: float = 60) -> dict[str, int]:
        """Waits; SIPp's counts: calls, successful, failed, retransmissions."""
        code = self.process.wait(seconds)
        rows = [line.rstrip(";").split(";") for line in self.counts.read_text().splitlines() if line]
        row = dict(zip(rows[0], rows[-1]))
        out = {
            "calls": int(row["TotalCallCreated"]),
            "successful": int(row["SuccessfulCall(C)"]),
            "failed": int(row["FailedCall(C)"]),
            "retransmissions": int(row["Retransmissions(C)"]),
        }
        if code != 0 or out["failed"]:
            raise Failed(f"{self.process.name}: exit {code}, {out}:\n{self.process.errors()[-1500:]}{self._log()}")
        return out

    def _log(self) -> str:
        log = self.counts.parent / f"{self.process.name}-errors.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""


def call_ids(frames: list[bytes]) -> set[str]:
    """Call-IDs that stand anywhere in these frames (the head of a message is in its first fragment)."""
    return {m.decode() for f in frames for m in re.findall(rb"\r\nCall-ID: ([^\r]+)\r\n", f)}
