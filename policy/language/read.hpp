// SPDX-License-Identifier: BSD-3-Clause
// The sections of the policy file, one function each. Inside this room only.
#pragma once

#include <string>
#include <vector>

#include "policy/language/fields.hpp"

namespace kmsgate::policy::language {

[[nodiscard]] std::vector<Word> read_tags(Reader& reader, const Node& node);
[[nodiscard]] std::vector<Kms> read_kms(Reader& reader, const Node& node);
[[nodiscard]] std::vector<Domain> read_domains(Reader& reader, const Node& node);
[[nodiscard]] std::vector<Edge> read_edges(Reader& reader, const Node& node);
[[nodiscard]] std::vector<Rule> read_rules(Reader& reader, const Node& node, const std::string& edge);
[[nodiscard]] std::vector<Failure> read_failure(Reader& reader, const Node& node, const std::string& owner);
[[nodiscard]] Limits read_limits(Reader& reader, const Node& node, const std::string& owner);
[[nodiscard]] std::vector<Peer> read_peers(Reader& reader, const Node& node);
/// Nothing of it can be had yet: what asks for signatures is refused by name.
void read_signing(Reader& reader, const Node& node);

/// Reports what the function `fault` of names.hpp says of a word, as "edge `x y` holds ..".
void check_word(Reader& reader, const Word& word, const std::string& kind, const std::string& fault);

}  // namespace kmsgate::policy::language
