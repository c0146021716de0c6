// SPDX-License-Identifier: BSD-3-Clause
// Every number that kmsgate shows, once: name, kind, meaning, and where it stands in the answers of the table
// socket. Link (`stats`, `status`, `rules`), rte_telemetry, HTTP metrics, kmsgatectl and the README's table
// all read it from here. No DPDK.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kmsgate::watch {

enum class Kind : std::uint8_t {
    counter,  ///< only grows while the process lives; its metric name ends in _total
    gauge,    ///< goes up and down
};

/// Where the value stands, as JSON. "KEY" is Metric::key; a key with dots is a path of objects.
enum class Place : std::uint8_t {
    edge_outcome,   ///< stats: edges.EDGE.outcomes.WORD, a series for each word
    edge_verdict,   ///< stats: edges.EDGE.verdicts.WORD
    edge_cause,     ///< stats: edges.EDGE.causes.WORD
    edge,           ///< stats: edges.EDGE.KEY
    edge_counter,   ///< stats: edges.EDGE.counters.KEY
    worker,         ///< stats: workers[].KEY; `worker` is its number
    port,           ///< stats: ports[].KEY; `name` is its name
    rule,           ///< rules: rules[].KEY; edge, side and rule name it
    status,         ///< status: KEY
    worker_status,  ///< status: workers[].KEY; `worker` is its number
    edge_mode,      ///< status: edges[].KEY is a word; the series of that word is 1
    info,           ///< status: KEY is a word; the series of that word is 1
    up,             ///< 1 for a process that answers, else 0
    control,        ///< kmsgate-control's own numbers, by KEY
};

struct Metric {
    std::string name;  ///< of the metric family: kmsgate_frames_in_total
    Kind kind{};
    std::string help;  ///< one line, no full stop
    std::vector<std::string> labels;
    Place place{};
    std::string key;     ///< name in JSON: "frames-in", "tags.count"; empty for the places with words
    double scale = 1.0;  ///< value in the metric = value in JSON times this
};
/// All of them, in the order in which they are shown. Names are unique; so are (place, key) but for `info`.
[[nodiscard]] std::span<const Metric> metrics();

/// A word that a label may hold: an outcome, verdict or cause as counters and events name it.
struct Word {
    std::string_view text;
    std::string_view meaning;  ///< may be empty
};
[[nodiscard]] std::span<const Word> outcomes();
[[nodiscard]] std::span<const Word> verdicts();
[[nodiscard]] std::span<const Word> causes();
/// Reasons of messages that no cause stands behind ("allowed", "no-mikey", ..).
[[nodiscard]] std::span<const Word> reasons();
/// What may stand behind a frame that was dropped before it made a message: those outcomes.
[[nodiscard]] std::span<const Word> drop_reasons();

/// The table of control/metrics/README.md, in Markdown, ending with a line end.
[[nodiscard]] std::string metrics_table();

}  // namespace kmsgate::watch
