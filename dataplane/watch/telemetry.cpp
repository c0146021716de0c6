// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/watch/telemetry.hpp"

#include <rte_telemetry.h>

#include <array>
#include <memory>
#include <mutex>

namespace kmsgate::watch {
namespace {

struct Command {
    const char* name;
    const char* help;
};
/// By Question.
constexpr std::array<Command, 4> kCommands = {{
    {"/kmsgate/stats", "Counters of all edges together. Parameter: name of an edge"},
    {"/kmsgate/status", "Version, table in force, fill of tables"},
    {"/kmsgate/rules", "Hits of each rule. Parameter: number of the first one shown"},
    {"/kmsgate/workers", "Counters of each worker. Parameter: number of the first one shown"},
}};

struct Speaker {
    std::mutex mutex;
    Telemetry::Teller teller;  ///< empty: nobody answers
    const Telemetry* owner = nullptr;
    bool registered = false;
};
/// DPDK's commands carry no pointer of ours: there is one for the process.
Speaker& speaker() {
    static Speaker the_one;
    return the_one;
}

struct FreeData {
    void operator()(rte_tel_data* d) const noexcept { rte_tel_data_free(d); }
};

/// Writes the members of `row`; false: DPDK does not take them.
[[nodiscard]] bool fill(rte_tel_data* out, const Row& row) {
    for (const auto& [name, text] : row.texts)
        if (rte_tel_data_add_dict_string(out, name.c_str(), text.c_str()) < 0) return false;
    for (const auto& [name, number] : row.numbers)
        if (rte_tel_data_add_dict_u64(out, name.c_str(), number) != 0) return false;
    return true;
}

[[nodiscard]] bool add(rte_tel_data* out, const Row& row) {
    if (row.key.empty()) return fill(out, row);
    std::unique_ptr<rte_tel_data, FreeData> one(rte_tel_data_alloc());
    if (!one || rte_tel_data_start_dict(one.get()) != 0 || !fill(one.get(), row) ||
        rte_tel_data_add_dict_container(out, row.key.c_str(), one.get(), 0) != 0)
        return false;
    static_cast<void>(one.release());  // DPDK frees it once it is sent
    return true;
}

template <Question question>
int handle(const char*, const char* parameter, rte_tel_data* out) {
    std::optional<Rows> rows;
    {
        Speaker& s = speaker();
        const std::lock_guard lock(s.mutex);
        if (s.teller) rows = s.teller(question, parameter != nullptr ? parameter : "");
    }
    if (!rows || rte_tel_data_start_dict(out) != 0) return -1;
    for (const Row& row : *rows)
        if (!add(out, row)) return -1;
    return 0;
}

void register_commands() {
    constexpr std::array<telemetry_cb, kCommands.size()> handlers = {
        handle<Question::stats>, handle<Question::status>, handle<Question::rules>,
        handle<Question::workers>};
    for (std::size_t i = 0; i < kCommands.size(); ++i)
        static_cast<void>(rte_telemetry_register_cmd(kCommands[i].name, handlers[i], kCommands[i].help));
}

}  // namespace

std::size_t telemetry_size(const Row& row) noexcept {
    std::size_t size = row.key.size() + 8;
    for (const auto& [name, text] : row.texts) size += name.size() + text.size() + 6;
    for (const auto& [name, number] : row.numbers) size += name.size() + 24;
    return size;
}

Telemetry::Telemetry(Teller teller) {
    Speaker& s = speaker();
    const std::lock_guard lock(s.mutex);
    s.teller = std::move(teller);
    s.owner = this;
    if (!std::exchange(s.registered, true)) register_commands();
}

Telemetry::~Telemetry() {
    Speaker& s = speaker();
    const std::lock_guard lock(s.mutex);
    if (s.owner != this) return;
    s.teller = {};
    s.owner = nullptr;
}

}  // namespace kmsgate::watch
