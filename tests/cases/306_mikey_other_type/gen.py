# SPDX-License-Identifier: BSD-3-Clause
"""MIKEY of other data types in requests keys media without a KMS."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, data_type in enumerate((0, 2, 4, 7, 11, 25, 27), 1):
        key = mikey.i_message(small=True, data_type=data_type)
        out.send("inside", float(number), sip.offer("INVITE", number, key))
    pre_shared = mikey.Draft(
        [mikey.t_payload(), mikey.rand_payload(), mikey.Payload(mikey.KEMAC, b"\x00\x00\x00\x00")],
        data_type=0,
    )
    out.send("inside", 8.0, sip.request("MESSAGE", 8, sip.MIKEY, pre_shared.encode()))
    out.send("inside", 9.0, sip.request("INVITE", 9, sip.SDP, sip.sdp(["a=key-mgmt:keyp2 AAAA"])))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
