#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""policy.schema.json: takes the shipped examples, refuses faults, and knows the words that the sources know.

usage: schema_test.py SOURCE_ROOT [POLICY...]
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml

root = pathlib.Path(sys.argv[1])
schema = json.loads((root / "policy/language/policy.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
failed = 0


def check(what, good):
    global failed
    if not good:
        failed += 1
        print("failed:", what)


# Every scalar as text, as kmsgate reads it, and typed, as editors do: both are taken.
examples = sorted((root / "policy/language/examples").glob("*.yaml")) + [pathlib.Path(p) for p in sys.argv[2:]]
check("there are examples", len(examples) >= 3)
for path in examples:
    for loader in (yaml.BaseLoader, yaml.SafeLoader):
        faults = [e.message for e in validator.iter_errors(yaml.load(path.read_text(), Loader=loader))]
        check(f"{path.name} with {loader.__name__}: {faults}", not faults)

every = yaml.load((root / "policy/language/examples/every-key.yaml").read_text(), Loader=yaml.BaseLoader)
EDGE = ("edges", "north")
RULE = EDGE + ("rules", 1)
DROP = object()
# (place, value): the example with that value in that place is refused.
refused = [
    (("version",), "2"), (("version",), DROP), (("extra",), "x"), (("tags",), "roaming"), (("tags",), ["a", "a"]),
    (("tags",), ["a b"]), (("tags",), [f"t{i}" for i in range(33)]), (("tags",), [""]), (("tags",), ["x" * 65]),
    (("kms", "any"), "kms.x.example"), (("kms", "ANY"), "kms.x.example"), (("kms", "home"), "kms.x.example"),
    (("kms", "A"), "Any"), (("kms", "A"), ""), (("kms", "A"), "k ms"), (("kms", "A"), "x" * 256),
    (("kms", "A"), ["kms"]), (("kms", "B", "uri"), DROP), (("kms", "B", "key-period"), "0"),
    (("kms", "B", "key-period"), "0x10"), (("kms", "B", "key-offset"), "-1"), (("kms", "B", "url"), "x"),
    (("domains", "mc1", "home"), ["A"]), (("domains", "mc1", "users"), "sip:*@x"), (("domains", "m c"), {}),
    (("domains", "mc1", "users"), ["*@mc1.example"]), (("domains", "mc1", "secondary"), "B"),
    (EDGE + ("domain",), DROP), (EDGE + ("proxy",), "CS"), (EDGE + ("mode",), "enforced"),
    (EDGE + ("sip", "udp"), ["0"]), (EDGE + ("sip", "udp"), ["65536"]), (EDGE + ("sip", "udp"), ["05060"]),
    (EDGE + ("sip", "sctp"), ["5060"]), (EDGE + ("in-dialog",), "no"), (EDGE + ("register",), "reject"),
    (EDGE + ("processor",), "kmsgate"), (EDGE + ("rules",), {}), (RULE + ("name",), DROP), (RULE + ("side",), DROP),
    (RULE + ("allow",), DROP), (RULE + ("side",), "both"), (RULE + ("allow",), "ANY"),
    (RULE + ("allow",), ["A"] * 65), (RULE + ("other",), "none"), (RULE + ("when",), {"tags": "roaming"}),
    (RULE + ("when",), {"tag": []}), (RULE + ("when",), {"peer": "ims"}), (EDGE + ("rules", 2, "other"), "copy"),
    (("failure", "malformed-miky"), "drop"), (("failure", "table-full"), "forward"),
    (("failure", "malformed-mikey"), "strictest"), (("failure", "no-table"), "forward"),
    (("limits", "per-source"), "1e3"), (("limits", "per-source"), "0"), (("limits", "per-second"), "1"),
    (("peers", "ims", "addresses"), DROP), (("peers", "ims", "addresses"), []), (("peers", "ims", "trusted"), "yes"),
    (("peers", "ims", "relax"), ["payload-length"]), (("peers", "ims", "relax"), ["idr-ordr"]),
    (("signing", "sign"), "true"), (("signing", "require-from"), ["mc1"]), (("signing", "key"), "x"),
]
for place, value in refused:
    document = copy.deepcopy(every)
    node = document
    for key in place[:-1]:
        node = node[key]
    if value is DROP:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    check(f"refuses {'.'.join(map(str, place))} = {value!r}"[:120], not validator.is_valid(document))

# The words stand in one table each; the schema must not fall behind.
rules = re.findall(r'^X\(\w+, "([^"]+)", (true|false)', (root / "dataplane/mikey/rule.def").read_text(), re.M)
relax = schema["properties"]["peers"]["additionalProperties"]["properties"]["relax"]["items"]["enum"]
check("relax lists the relaxable rules", relax == [name for name, relaxable in rules if relaxable == "true"])

basic = {"forward", "redirect", "reject", "drop"}
causes = re.findall(r'^X\(\w+, "([^"]+)", (\w+), (.*)\)$', (root / "policy/table/cause.def").read_text(), re.M)
check("rules and causes were found", len(rules) > 20 and len(causes) > 20)
stated = schema["$defs"]["failure"]["properties"]
check("failure lists the causes", list(stated) == [name for name, _, _ in causes])
for name, default, mask in causes:
    words = set(re.findall(r"Action::(\w+)", mask))
    words |= basic if "kBasic" in mask else basic - {"forward"} if "kNoForward" in mask else set()
    check(f"words of {name}", set(stated.get(name, {}).get("enum", [])) == words)
    check(f"default of {name}", stated.get(name, {}).get("default") == default)

print(f"{failed} failed")
sys.exit(1 if failed else 0)
