// SPDX-License-Identifier: BSD-3-Clause
// The 488s that answer a request, and the lists of the KRR that left.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/dataplane/gate.hpp"

namespace kmsgate::test {

inline const std::string kAnonymous = "<sip:anonymous@anonymous.invalid>";

inline std::string uri(std::string_view name) {
    return "<KmsUri>" + std::string(name) + "</KmsUri>";
}
/// Any request becomes the 488 that answers it, with a KRR that allows every KMS on both sides.
inline Sip answer_to(Sip s, std::string body = krr_text(uri("ANY"))) {
    s.status = 488;
    s.extra.clear();
    if (s.to.find(";tag=") == std::string::npos) s.to += ";tag=far";
    s.type = kKrrType;
    s.body = std::move(body);
    return s;
}
/// The same with nobody named in its headers; From keeps its tag.
inline Sip anonymous(Sip s) {
    s.from = kAnonymous + ";tag=f1";
    s.to = kAnonymous + ";tag=far";
    return s;
}
struct Lists {
    std::string initiator, receiver;
    friend bool operator==(const Lists&, const Lists&) = default;
};
/// Names between blanks of the outermost KRR that left, or "ANY".
inline Lists lists_of(const std::vector<Bytes>& out) {
    if (out.empty()) return {"nothing left", "nothing left"};
    const std::string body = receive(out, 14, false).payload;
    const auto read = [&](const std::string& element) {
        const std::size_t from = body.find("<" + element);
        if (from == std::string::npos) return std::string("absent");
        const std::size_t end = std::min(body.find("</" + element, from), body.find("/>", from));
        std::string names;
        for (std::size_t at = body.find("<KmsUri>", from); at < end; at = body.find("<KmsUri>", at + 1))
            names.append(names.empty() ? "" : " ").append(body, at + 8, body.find('<', at + 8) - at - 8);
        return names;
    };
    return {read("InitiatorKmsList"), read("ReceiverKmsList")};
}

}  // namespace kmsgate::test
