# SPDX-License-Identifier: BSD-3-Clause
"""A malicious KRR (X.11): KMSs that nobody knows, users that are not its business."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    evil = "kms.evil.example"
    names = ("sip:victim@mc9.example", "sip:other@mc9.example")
    rows = [
        ("outside", answers.document([evil, answers.A], [evil], users=names)),
        ("outside", answers.document([answers.A], [evil, "KMS.evil.example", "kms.worse.example"])),
        ("outside", answers.document([answers.B, answers.A], "ANY", users=names)),
        ("outside", answers.document([f"kms{i}.evil.example" for i in range(40)])),
        ("outside", answers.document([evil, "ANY"])),
    ]
    for number, (port, root) in enumerate(rows, 1):
        out.send(port, float(number), answers.refusal(sip.small(number), root))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
