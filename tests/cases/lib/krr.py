# SPDX-License-Identifier: BSD-3-Clause
"""Reads KMS Redirect Responses with xml.etree and checks them against the schema's rules."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

NAMESPACE = "urn:3gpp:ns:mcsecKMSKRR:1.0"
TYPE = "application/vnd.3gpp.kmsredirectresponse+xml"
ORDER = [
    "ProcessorUri",
    "Time",
    "InitiatorUri",
    "ReceiverUri",
    "InitiatorKmsUri",
    "ReceiverKmsUri",
    "InitiatorKmsList",
    "ReceiverKmsList",
    "EmbeddedKrr",
]
REQUIRED = ["ProcessorUri", "Time"]
Kmses = list[str] | str  # the names in order, or "ANY"


@dataclass(frozen=True)
class Document:
    """The outermost layer of a KRR."""

    time: str
    fields: dict[str, str]
    initiator: Kmses
    receiver: Kmses
    embedded: bool
    faults: list[str]


def _list(element: ET.Element | None, faults: list[str]) -> Kmses:
    if element is None:
        return "ANY"
    names = [(child.text or "").strip() for child in element]
    if any(child.tag != f"{{{NAMESPACE}}}KmsUri" or len(child) for child in element):
        faults.append(f"unexpected element in {element.tag}")
    if "ANY" in names and len(names) > 1:
        faults.append("ANY beside other names")
    if len(set(names)) != len(names) or len(names) > 64 or any(not 0 < len(name) <= 255 for name in names):
        faults.append("names repeated, too many, empty or too long")
    return "ANY" if "ANY" in names else names


def read(body: bytes) -> Document:
    """Reads a body; every departure from the schema is listed in `faults`."""
    faults: list[str] = []
    if b"<!" in body.split(b"<EmbeddedKrr>")[0]:
        faults.append("a DOCTYPE, comment or CDATA section")
    try:
        body.decode("utf-8")
        root = ET.fromstring(body)
    except (ET.ParseError, UnicodeDecodeError) as error:
        return Document("", {}, [], [], False, [f"not XML: {error}"])
    if root.tag != f"{{{NAMESPACE}}}KmsRedirectResponse":
        faults.append(f"root is {root.tag}")
    if not set(root.attrib) <= {"Id", "Version"}:
        faults.append(f"attributes {sorted(root.attrib)}")
    if re.search(rb"xmlns:", body.split(b"EmbeddedKrr")[0]):
        faults.append("an extra namespace prefix")
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in root]
    known = [name for name in names if name in ORDER]
    if known != names or len(set(known)) != len(known) or known != sorted(known, key=ORDER.index):
        faults.append(f"elements {names}")
    faults += [f"{name} is missing" for name in REQUIRED if name not in names]
    fields = {name: (child.text or "") for name, child in zip(names, root) if not len(child)}
    for name in ("ProcessorUri", "InitiatorUri", "ReceiverUri", "InitiatorKmsUri", "ReceiverKmsUri"):
        if name in fields and (not fields[name] or re.search(r"\s", fields[name])):
            faults.append(f"{name} is {fields[name]!r}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields.get("Time", "")):
        faults.append(f"Time is {fields.get('Time')!r}, not whole seconds of UTC")
    lists = {side: root.find(f"{{{NAMESPACE}}}{side}KmsList") for side in ("Initiator", "Receiver")}
    return Document(
        fields.get("Time", ""),
        fields,
        _list(lists["Initiator"], faults),
        _list(lists["Receiver"], faults),
        "EmbeddedKrr" in names,
        faults,
    )
