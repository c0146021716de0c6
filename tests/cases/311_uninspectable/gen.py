# SPDX-License-Identifier: BSD-3-Clause
"""Bodies that cannot be read."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    packed = gzip.compress(sip.sdp([sip.key_line(mikey.i_message(small=True))]), mtime=0)
    out.send("inside", 1.0, sip.request("INVITE", 1, sip.SDP, packed).add("Content-Encoding", "gzip"))
    out.send("inside", 2.0, sip.request("INVITE", 2, sip.SDP, packed).add("e", "gzip"))
    smime = "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    out.send("inside", 3.0, sip.request("INVITE", 3, smime, mikey.filler("p7m", 300)))
    out.send("inside", 4.0, sip.request("ACK", 4, smime, mikey.filler("p7m", 300), to_tag="peer"))
    out.send("inside", 5.0, sip.request("INVITE", 5, sip.SDP, sip.sdp()).add("Content-Encoding", "identity"))
    out.send("inside", 6.0, sip.request("INVITE", 6, sip.SDP, sip.sdp()).add("Accept-Encoding", "gzip"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
