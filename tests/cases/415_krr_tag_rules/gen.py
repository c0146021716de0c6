# SPDX-License-Identifier: BSD-3-Clause
"""Tag and visited rules on a cs edge follow the request: clear user, hashed user, network."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    now = 1700000000
    back = answers.document("ANY", "ANY", users=("sip:alice@mc1.example", "sip:bob@mc2.example"))
    uid = mikey.hashed_uid("sip:rover@mc1.example", "kms.c.example", now)
    nobody = "sip:anonymous@anonymous.invalid"
    hashed = mikey.i_message("kms.c.example", "kms.b.example", uid, "sip:bob@mc2.example", small=True)
    asked = [
        sip.small(1, "kms.c.example", caller="sip:rover@mc1.example"),
        sip.offer("INVITE", 2, hashed, caller=nobody, callee=nobody),
        sip.small(3, "kms.a.example"),
        sip.small(4, "kms.d.example").add("P-Visited-Network-ID", '"net.v9.example"'),
    ]
    for number, request in enumerate(asked, 1):
        out.send("inside", now + number, request)
        refusal = answers.anonymous(answers.refusal(request, back))
        out.send("outside", now + number + 0.5, refusal.add("P-Visited-Network-ID", "net.v9.example"))
    lost = answers.refusal(sip.small(9), back)
    out.send("outside", now + 9.0, answers.anonymous(lost))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
