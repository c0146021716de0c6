// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/csv.hpp"

#include <fmt/format.h>

#include <vector>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::control::cli {
namespace {

constexpr std::string_view kHeader = "domain,user,tags";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

std::expected<std::array<std::string, 3>, std::string> csv_fields(std::string_view line) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && quoted && line.substr(i + 1).starts_with('"')) {
            out.back() += line[i++];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            out.emplace_back();
        } else {
            out.back() += c;
        }
    }
    if (quoted) return std::unexpected(std::string("a quote that does not end; close it with \""));
    if (out.size() != 3)
        return std::unexpected(fmt::format("{} fields; write three: {}", out.size(), kHeader));
    std::array<std::string, 3> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = std::string(sip::trim(out[i]));
    if (fields[0].empty() || fields[1].empty())
        return std::unexpected(std::string("an empty field; write domain and user, tags may be empty"));
    return fields;
}

bool CsvReader::open(const std::string& path) {
    path_ = path;
    line_ = 0;
    file_ = std::ifstream(path, std::ios::binary);
    // A folder opens, but has nothing to read.
    return file_.is_open() && (file_.peek(), !file_.bad());
}

std::expected<std::optional<TagRow>, std::string> CsvReader::next() {
    std::string text;
    while (std::getline(file_, text)) {
        ++line_;
        std::string_view line = sip::trim(text);
        if (line_ == 1) {
            if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
            if (line == kHeader) continue;
            return std::unexpected(fmt::format("{}:1: no header; the first line must be {}", path_, kHeader));
        }
        if (line.empty()) continue;
        auto fields = csv_fields(line);
        if (!fields) return std::unexpected(fmt::format("{}:{}: {}", path_, line_, fields.error()));
        return TagRow{line_, std::move(*fields)};
    }
    if (file_.bad())
        return std::unexpected(fmt::format("{}:{}: cannot be read further; see the disk", path_, line_));
    if (line_ == 0) {
        line_ = 1;
        return std::unexpected(
            fmt::format("{}:1: the file is empty; the first line must be {}", path_, kHeader));
    }
    return std::nullopt;
}

}  // namespace kmsgate::control::cli
