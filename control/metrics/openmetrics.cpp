// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/openmetrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kmsgate::control::metrics {
namespace {

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

void append_sample(std::string& out, std::string_view name, const prometheus::ClientMetric& metric,
                   double value) {
    out += name;
    char before = '{';
    for (const auto& label : metric.label) {
        out += before;
        out += label.name;
        out += "=\"";
        append_escaped(out, label.value);
        out += '"';
        before = ',';
    }
    if (before == ',') out += '}';
    fmt::format_to(std::back_inserter(out), " {}\n", value);
}

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view kBlanks = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// Cuts what stands before `mark` off `rest`.
std::string_view next(std::string_view& rest, char mark) noexcept {
    const std::size_t end = std::min(rest.find(mark), rest.size());
    const std::string_view out = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(out);
}

bool same(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// Thousandths of "1", "0.75"; what is no weight counts as none given.
int weight(std::string_view text) noexcept {
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1000;
    int out = (text[0] - '0') * 1000;
    int unit = 100;
    if (text.size() > 1 && text[1] == '.')
        for (const char c : text.substr(2, 3)) {
            if (c < '0' || c > '9') return 1000;
            out += (c - '0') * unit;
            unit /= 10;
        }
    return std::min(out, 1000);
}

}  // namespace

std::string openmetrics(const std::vector<prometheus::MetricFamily>& families) {
    constexpr std::string_view kTotal = "_total";
    std::string out;
    for (const prometheus::MetricFamily& family : families) {
        const bool counter = family.type == prometheus::MetricType::Counter;
        // A counter's family is named without the suffix of its samples.
        std::string_view name = family.name;
        if (counter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
        fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n# HELP {} ", name,
                       counter ? "counter" : "gauge", name);
        append_escaped(out, family.help);
        out += '\n';
        const std::string sample = counter ? fmt::format("{}{}", name, kTotal) : std::string(name);
        for (const auto& metric : family.metric)
            append_sample(out, sample, metric, counter ? metric.counter.value : metric.gauge.value);
    }
    return out + "# EOF\n";
}

bool wants_openmetrics(std::string_view accept) noexcept {
    int open = 0;
    int plain = 0;
    while (!accept.empty()) {
        std::string_view range = next(accept, ',');
        const std::string_view type = next(range, ';');
        int q = 1000;
        bool known = true;
        while (!range.empty()) {
            std::string_view parameter = next(range, ';');
            const std::string_view name = next(parameter, '=');
            if (same(name, "q")) q = weight(trimmed(parameter));
            if (same(name, "version")) known = trimmed(parameter) == "1.0.0";
        }
        if (same(type, "application/openmetrics-text") && known) open = std::max(open, q);
        if (same(type, "text/plain")) plain = std::max(plain, q);
    }
    return open > 0 && open >= plain;
}

}  // namespace kmsgate::control::metrics
