// SPDX-License-Identifier: BSD-3-Clause
// A dialog for tests.
#pragma once

#include "tools/traffic/encode/sip.hpp"

namespace kmsgate::traffic {

inline Names dialog() {
    Names out;
    out.caller = "sip:a@x.example";
    out.target = "sip:b@y.example";
    out.call_id = "abc@h";
    out.branch = "z9hG4bK1";
    out.from_tag = "f1";
    out.to_tag = "t1";
    out.sent_by = "10.0.0.1:5060";
    out.cseq = 77;
    return out;
}

}  // namespace kmsgate::traffic
