// SPDX-License-Identifier: BSD-3-Clause
#include "tools/lab/edge.hpp"

#include <fmt/format.h>
namespace kmsgate::lab {

namespace {

/// Fixed, so that two runs of a scenario give the same To tags.
constexpr memory::Key kKey = {0x6b6d73676174652d, 0x6c61622d6b657931};
constexpr std::size_t kUsers = 10'000;

/// Rosters the users and sets their tags; what is wrong with a line of the scenario, or nothing.
std::vector<std::string> load(const std::vector<TagLine>& lines, const std::vector<std::string>& roster,
                              const Stop& stop, const policy::table::Table& table, std::string_view domain,
                              memory::UserTags& tags) {
    std::vector<std::string> faults;
    for (const std::string& user : roster)
        if (!tags.set(domain, user, 0)) faults.emplace_back("too many users");
    for (const TagLine& line : lines) {
        if (!table.find_domain(line.domain)) continue;
        std::uint32_t bits = 0;
        for (const std::string& word : line.tags) {
            const auto bit = table.find_tag(word);
            if (bit)
                bits |= 1U << *bit;
            else
                faults.push_back(fmt::format("{}: the tag `{}` is unknown; declare it under tags: in {}",
                                             line.where, word, stop.policy));
        }
        if (!tags.set(line.domain, line.user, bits)) faults.emplace_back("too many users");
    }
    return faults;
}

std::string joined(const std::vector<std::string>& lines) {
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

std::expected<std::unique_ptr<Edge>, std::string> Edge::make(const Stop& stop, const std::string& policy,
                                                             const std::vector<TagLine>& tags,
                                                             const std::vector<std::string>& roster,
                                                             rte_mempool* pool) {
    auto users = memory::UserTags::create("lab", kUsers, kKey);
    if (!users) return std::unexpected(users.error());
    std::unique_ptr<Edge> e(new Edge(policy::compile::compile_text(policy), std::move(*users)));
    if (e->compiled_.blob.empty()) {
        std::vector<std::string> lines;
        for (const auto& p : e->compiled_.problems)
            lines.push_back(policy::language::to_string(p, stop.policy));
        return std::unexpected(joined(lines));
    }
    auto opened = policy::table::Table::open(e->compiled_.blob);
    if (!opened) return std::unexpected(fmt::format("{}: {}", stop.policy, opened.error().what));
    e->table_ = std::make_unique<policy::table::Table>(*opened);
    const auto edge = e->table_->find_edge(stop.edge);
    if (!edge) {
        std::vector<std::string_view> known;
        for (const auto& record : e->table_->edges()) known.push_back(e->table_->text(record.name));
        return std::unexpected(fmt::format("{}: {} has no edge `{}`; it has: {}", stop.where, stop.policy,
                                           stop.edge, fmt::join(known, ", ")));
    }
    const auto& record = e->table_->edges()[*edge];
    const std::string_view domain = e->table_->text(e->table_->domains()[record.domain].name);
    const auto faults = load(tags, roster, stop, *e->table_, domain, *e->tags_);
    if (!faults.empty()) return std::unexpected(joined(faults));

    e->digest_ = e->table_->digest();
    e->judge_.table = e->table_.get();
    e->judge_.edge = *edge;
    e->judge_.mode = record.mode;
    e->judge_.digest = e->digest_;
    e->judge_.generation = 1;
    e->judge_.tags = e->tags_.get();
    e->judge_.roster = &e->roster_;
    core::Config config;
    config.pool = pool;
    config.transactions = 1000;
    config.fragments = 256;
    config.sources = 256;
    config.tag_key = config.table_key = kKey;
    e->pipeline_ = std::make_unique<core::Pipeline>(config, *e);
    e->pool_ = pool;
    e->faces_initiator_ = stop.faces_initiator;
    return e;
}

Edge::Left Edge::take(const Frame& frame, Toward from, core::Time now) {
    core::Mbuf mbuf = core::make_frame(pool_, frame);
    if (!mbuf) {
        faults_.emplace_back("out of packet buffers");
        return {};
    }
    in_[static_cast<std::size_t>(other(from))].push_back(frame);
    core::FrameMeta& meta = core::meta(mbuf.get());
    meta.time = now;
    meta.number = ++number_;
    meta.arrival =
        (from == Toward::initiator) == faces_initiator_ ? core::Arrival::inside : core::Arrival::outside;
    pipeline_->process({&mbuf, 1}, judge_, output_);
    return collect();
}

Edge::Left Edge::collect() {
    Left left;
    std::vector<std::uint8_t> scratch(65'536 + 64);
    for (const core::Arrival port : {core::Arrival::inside, core::Arrival::outside}) {
        const Toward toward =
            (port == core::Arrival::inside) == faces_initiator_ ? Toward::initiator : Toward::receiver;
        for (const core::Mbuf& m : output_.port(port)) {
            const auto bytes = core::linear(m.get(), scratch);
            left.toward[static_cast<std::size_t>(toward)].emplace_back(bytes.begin(), bytes.end());
            out_[static_cast<std::size_t>(toward)].emplace_back(bytes.begin(), bytes.end());
        }
    }
    output_.clear();
    return left;
}

std::vector<std::string> Edge::faults(core::Time now) {
    pipeline_->drain(now, judge_, output_);
    output_.clear();
    const core::Counters& c = pipeline_->counters();
    if (!c.identity_holds()) faults_.emplace_back("frames are not accounted for");
    return faults_;
}

void Edge::message(const core::MessageRecord& record) {
    last_words_ = fmt::format("{}: {}", policy::decide::to_string(record.decision->verdict),
                              policy::decide::reason_text(*record.decision));
    std::vector<std::string_view> rules;
    for (const std::string_view rule : record.rules)
        if (!rule.empty()) rules.push_back(rule);
    if (!rules.empty()) last_words_ += fmt::format(" (rule {})", fmt::join(rules, ", "));
}

void Edge::drop(const core::DropRecord& record) {
    faults_.push_back(fmt::format("frames dropped: {}", record.reason));
}

}  // namespace kmsgate::lab
