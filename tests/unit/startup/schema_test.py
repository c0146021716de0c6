#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""startup.schema.json: takes the shipped example, refuses faults, and its patterns say what its bounds say.

usage: schema_test.py FOLDER-OF-THE-ROOM
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml

room = pathlib.Path(sys.argv[1])
schema = json.loads((room / "startup.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
failed = 0


def check(what, good):
    global failed
    if not good:
        failed += 1
        print("failed:", what)


# Every scalar as text, as kmsgate reads it, and typed, as editors do: both are taken.
text = (room / "examples/kmsgate.yaml").read_text()
for loader in (yaml.BaseLoader, yaml.SafeLoader):
    faults = [e.message for e in validator.iter_errors(yaml.load(text, Loader=loader))]
    check(f"the example with {loader.__name__}: {faults}", not faults)
every = yaml.load(text, Loader=yaml.BaseLoader)


def keys(node, place=""):
    """Every key of the schema, and of the example, as a path; names that the user chooses are `*`."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
    for key, value in node.get("properties", {}).items():
        yield f"{place}/{key}"
        yield from keys(value, f"{place}/{key}")
    if isinstance(node.get("additionalProperties"), dict):
        yield from keys(node["additionalProperties"], place + "/*")
    if "items" in node:
        yield from keys(node["items"], place)


def used(node, place=""):
    for entry in node if isinstance(node, list) else []:
        yield from used(entry, place)
    for key, value in node.items() if isinstance(node, dict) else []:
        here = f"{place}/*" if place in ("/ports", "/edges") else f"{place}/{key}"
        if here[-1] != "*":
            yield here
        yield from used(value, here)


check(f"the example has every key: {set(keys(schema)) ^ set(used(every))}", set(keys(schema)) == set(used(every)))

DROP = object()
PAIR = ("edges", "mc1-edge", 0)
SOCKETS = ("sockets",)
EVENTS = ("control", "events")
ROLES = ("control", "roles")


def changed(place, value):
    document = copy.deepcopy(every)
    node = document
    for key in place[:-1]:
        node = node[key]
    if value is DROP:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return document


# (place, value): the example with that value in that place.
taken = [
    (("ports", "clients"), "net_pcap0,rx_pcap=a.pcap,infinite_rx=1"), (("ports", "clients"), "FFFF:ff:1f.7,a=b"),
    (("ports", "clients"), "net_" + "x" * 59), (("ports", "x" * 64), "net_null0"), (PAIR + ("vlan",), DROP),
    (SOCKETS + ("metrics",), "none"), (SOCKETS + ("metrics",), "localhost:1"), (SOCKETS + ("metrics",), "[::]:65535"),
    (SOCKETS + ("control",), "/" + "x" * 106), (SOCKETS + ("control",), "~x/.y"), (("state",), ".."),
    (("state",), "/x/"), (("user",), "_u"), (("user",), "u" * 32), (("user",), "4u"), (("keys",), {}), (("sizes",), {}),
    (("sockets",), DROP), (("keys",), DROP), (("workers",), 1), (("mtu",), "1500"), (("control",), {}),
    (EVENTS + ("file",), "stdout"), (EVENTS + ("mode",), "none"), (EVENTS + ("per-second",), 1),
    (ROLES + ("read",), []), (ROLES + ("admin",), "ops"), (ROLES, {}),
]
refused = [
    (("version",), "2"), (("version",), DROP), (("ports",), DROP), (("edges",), DROP), (("state",), DROP),
    (("extra",), "x"), (("ports",), ["net_null0"]), (("ports",), {"a": "net_null0"}),
    (("ports",), {f"p{i}": f"net_null{i}" for i in range(33)}), (("ports", "a b"), "net_null0"),
    (("ports", "x" * 65), "net_null0"), (("ports", ""), "net_null0"), (("ports", "clients"), "net_"),
    (("ports", "clients"), "eth0"), (("ports", "clients"), "net_null0 "), (("ports", "clients"), "net_null0, x=1"),
    (("ports", "clients"), "net_null0,"), (("ports", "clients"), "net_null0,,x=1"),
    (("ports", "clients"), "net_" + "x" * 60), (("ports", "clients"), "3b:00.0"),
    (("ports", "clients"), "0000:3b:20.0"), (("ports", "clients"), "0000:3b:00.8"), (("ports", "clients"), ""),
    (("ports", "clients"), None), (("edges",), {}), (("edges", "mc1-edge"), []), (("edges", "mc1-edge"), {}),
    (("edges", "m e"), [{"inside": "a", "outside": "b"}]), (PAIR, "clients"), (PAIR + ("inside",), DROP),
    (PAIR + ("outside",), DROP), (PAIR + ("inside",), ""), (PAIR + ("vlans",), "7"), (("sizes", "users"), "1"),
    (("sockets", "http"), "x"), (SOCKETS + ("metrics",), ""), (SOCKETS + ("metrics",), "9464"),
    (SOCKETS + ("metrics",), "127.0.0.1:0"), (SOCKETS + ("metrics",), "127.0.0.1:65536"),
    (SOCKETS + ("metrics",), "127.0.0.1:080"), (SOCKETS + ("metrics",), "::1:80"), (SOCKETS + ("metrics",), "a b:80"),
    (SOCKETS + ("control",), "/" + "x" * 107), (SOCKETS + ("control",), "/x/"), (SOCKETS + ("table",), "."),
    (SOCKETS + ("table",), "x/.."), (SOCKETS + ("table",), "a\0b"), (("state",), ""), (("state",), "~/x"),
    (("state",), "~"), (("state",), "a\nb"), (("state",), "x" * 4096), (("keys", "signing"), DROP),
    (("keys", "certificate"), DROP), (("keys", "signing"), "keys/"), (("keys", "key"), "x"), (("user",), ""),
    (("user",), "1000"), (("user",), "-u"), (("user",), ".u"), (("user",), "u u"), (("user",), "u" * 33),
    (("link", "propagate"), "1"), (("memory", "gigabytes"), "1"), (("workers",), "01"), (("workers",), "+1"),
    (("control",), "yes"), (("control", "log"), "x"), (("control", "policy"), "x/"), (("control", "audit"), ""),
    (EVENTS + ("file",), "~/x"), (EVENTS + ("mode",), "some"), (EVENTS + ("per-second",), 0), (EVENTS + ("rate",), "1"),
    (ROLES + ("read",), ["1000"]), (ROLES + ("read",), ["a", "a"]), (ROLES + ("root",), ["a"]), (ROLES + ("admin",), {}),
    (("workers",), "1.0"), (("workers",), 1.5), (("workers",), True), (("workers",), ""), (("workers",), ["1"]),
]
for wanted, cases in ((True, taken), (False, refused)):
    for place, value in cases:
        check(f"{'takes' if wanted else 'refuses'} {'.'.join(map(str, place))} = {value!r}"[:120],
              validator.is_valid(changed(place, value)) == wanted)

# Where a number is text, its pattern says what the bounds say of the number.
bounded = 0


def compare(node):
    global bounded
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        compare(value)
    if not isinstance(node, dict) or "anyOf" not in node or "minimum" not in node["anyOf"][0]:
        return
    bounded += 1
    number, word = node["anyOf"]
    least, most = number["minimum"], number["maximum"]
    edges = {10**n + d for n in range(9) for d in (-1, 0, 1)} | {least - 1, least, most, most + 1, most * 10}
    wrong = [n for n in sorted(edges | set(range(10001)))
             if (re.search(word["pattern"], str(n)) is not None) != (least <= n <= most)]
    check(f"pattern of {least} to {most}: {wrong[:5]}", not wrong)
    check(f"leading zero in {word['pattern']}", not re.search(word["pattern"], f"0{least}"))


compare(schema)
check("numbers were found", bounded == 15)

print(f"{failed} failed")
sys.exit(1 if failed else 0)
