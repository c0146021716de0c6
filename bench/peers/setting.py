# SPDX-License-Identifier: BSD-3-Clause
"""What all contestants of the socket group share: addresses, who may use which KMS, and the policy that says so."""

from __future__ import annotations

from pathlib import Path

KMS_COUNT, KMS_OF_DOMAIN, DOMAINS, NAMED = 50, 10, 4, 47  # as in bench/stages/policy.hpp; no message names the last three
PORT = 5060
HARMLESS_KMS = "kms.a.example"  # the one that disguises may name (tests/cases/disguises)


def kms_name(number: int) -> str:
    """The KMS of that number, from 0: as bench/stages names it."""
    domain = number // KMS_OF_DOMAIN
    tail = f"mc{domain + 1}.example" if domain < DOMAINS else "partner.example"
    return f"kms{number + 1:02}.{tail}"


KMS = [kms_name(number) for number in range(KMS_COUNT)]
# Which neighbours may use which KMS, by the last byte of their address: the same messages are forwarded or refused as
# they come from others. A block of 32 addresses each: every trial has one of its own (see peers_wire).
BLOCK = 32
FORWARD, REFUSE, HALF, DISGUISED, UNCHECKED = 32, 64, 96, 128, 160
ALLOWED = {FORWARD: KMS[:NAMED], REFUSE: KMS[NAMED:], HALF: KMS[:NAMED:2], DISGUISED: [HARMLESS_KMS]}


def kmsgate_policy(edge: str, subnet: str) -> str:
    """One cs edge whose clients are told apart by the last byte of their address."""
    names = [f"K{number + 1:02}" for number in range(KMS_COUNT)]

    def allow(who: int) -> str:
        return ", ".join(names[KMS.index(name)] for name in ALLOWED[who])

    rules = [(f"from-{who}", f"when: {{peer: {subnet}.{who}/27}}, ", who) for who in (REFUSE, HALF)]
    rules.append(("attached", "", FORWARD))
    lines = ["version: 1", "kms:", *(f"  {short}: {name}" for short, name in zip(names, KMS, strict=True))]
    lines += ["domains:", f"  mc1: {{users: [\"sip:*@mc1.example\"], home: {names[0]}}}"]
    lines += ["edges:", f"  {edge}:", "    domain: mc1", "    proxy: cs", "    rules:"]
    lines += [
        f"      - {{name: {name}, side: initiator, {when}allow: [{allow(who)}], other: any}}" for name, when, who in rules
    ]
    return "\n".join([*lines, "limits: {redirects-per-second: 100000000, per-source: 100000000}", ""])


def kamailio_files(folder: Path, subnet: str, own: str, next_hop: str) -> Path:
    """The configuration, with the script beside it."""
    here = Path(__file__).resolve().parent / "kamailio"

    def quoted(names: list[str]) -> str:
        return ", ".join(f'"{name}"' for name in names)

    lists = [
        f"local from_{who} = {{order = {{{quoted(names)}}}, known = {{"
        + ", ".join(f'["{name}"] = true' for name in names)
        + "}}"
        for who, names in ALLOWED.items()
    ]
    entries = [f'["{subnet}.{host}"] = from_{who}' for who in ALLOWED for host in range(who, who + BLOCK)]
    script, config = folder / "gate.lua", folder / "kamailio.cfg"
    text = (here / "gate.lua").read_text().replace("@NEXT@", next_hop).replace("@LISTS@", "\n".join(lists))
    script.write_text(text.replace("@ALLOWED@", ", ".join(entries)))
    text = (here / "kamailio.cfg.in").read_text()
    config.write_text(text.replace("@ADDRESS@", own).replace("@SCRIPT@", str(script)))
    return config
