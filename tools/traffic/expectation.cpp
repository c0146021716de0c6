// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/expectation.hpp"

#include <nlohmann/json.hpp>

namespace kmsgate::traffic {

namespace {

nlohmann::ordered_json list(const KmsList& names) {
    if (!names) return "ANY";
    return *names;
}

}  // namespace

nlohmann::ordered_json to_json(const Note& note, bool outside) {
    if (!note.message)
        return {{"event", "drop"},
                {"kind", note.kind},
                {"port", outside ? "outside" : "inside"},
                {"frames", note.frames},
                {"reason", note.outcome}};
    nlohmann::ordered_json out = {
        {"event", "message"},    {"kind", note.kind},       {"port", outside ? "outside" : "inside"},
        {"frames", note.frames}, {"call_id", note.call_id}, {"cseq", note.cseq},
        {"method", note.method}, {"status", nullptr}};
    if (note.status != 0) out["status"] = note.status;
    if (!note.expected) return out;
    out["verdict"] = policy::decide::to_string(note.expected->verdict);
    out["reason"] = note.expected->reason;
    out["krr_out"] = nullptr;
    if (note.expected->krr)
        out["krr_out"] = {{"initiator", list((*note.expected->krr)[0])},
                          {"receiver", list((*note.expected->krr)[1])}};
    return out;
}

}  // namespace kmsgate::traffic
