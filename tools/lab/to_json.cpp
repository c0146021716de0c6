// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "tools/lab/draw.hpp"

namespace kmsgate::lab {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const List& list) {
    return list ? Json(*list) : Json("ANY");
}

Json to_json(const Pair& pair) {
    return {{"idrkmsi", pair.kmsi}, {"idrkmsr", pair.kmsr}};
}

const char* to_word(Step::Kind kind) {
    switch (kind) {
        case Step::Kind::mikey:
            return "mikey";
        case Step::Kind::krr:
            return "krr";
        case Step::Kind::answer:
            return "answer";
        case Step::Kind::accepted:
            return "accepted";
        case Step::Kind::failed:
            return "failed";
        case Step::Kind::reset:
            return "reset";
        case Step::Kind::note:
            break;
    }
    return "note";
}

Json to_json(const Step& step) {
    Json out = {{"kind", to_word(step.kind)}, {"time", step.time}, {"from", step.from}};
    switch (step.kind) {
        case Step::Kind::mikey:
            out["to"] = step.to;
            out["pair"] = to_json(step.pair);
            break;
        case Step::Kind::krr:
            out["to"] = step.to;
            out["created"] = step.created;
            out["rewritten"] = step.rewritten;
            out["initiator"] = to_json(step.lists.initiator);
            out["receiver"] = to_json(step.lists.receiver);
            out["krr"] = step.krr;
            if (!step.text.empty()) out["why"] = step.text;
            break;
        case Step::Kind::answer:
            out["to"] = step.to;
            out["text"] = step.text;
            break;
        case Step::Kind::accepted:
            out["pair"] = to_json(step.pair);
            break;
        case Step::Kind::reset:
            out["answered"] = step.created;
            out["text"] = step.text;
            break;
        case Step::Kind::failed:
        case Step::Kind::note:
            out["text"] = step.text;
            break;
    }
    return out;
}

}  // namespace

std::string to_json(const Scenario& scenario, const Result& result) {
    Json out;
    out["scenario"] = scenario.name;
    out["title"] = scenario.title;
    out["file"] = scenario.file;
    out["variant"] = result.variant.name();
    out["transport"] = result.variant.tcp ? "tcp" : "udp";
    out["passed"] = result.passed();
    out["outcome"] = {{"accepted", result.accepted},
                      {"pair", result.accepted ? to_json(result.final_pair) : Json()},
                      {"failure", result.accepted ? Json() : Json(result.failure)}};
    out["kms"] = Json::object();
    for (const Kms& kms : scenario.kms) out["kms"][kms.name] = kms.uri;
    out["actors"] = result.actors;
    out["steps"] = Json::array();
    for (const Step& step : result.steps) out["steps"].push_back(to_json(step));
    out["counts"] = {
        {"messages", result.mikeys}, {"created", result.created}, {"rewritten", result.rewrites}};
    out["faults"] = result.faults;
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kmsgate::lab
