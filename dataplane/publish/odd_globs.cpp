// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/publish/odd_globs.hpp"

#include <fmt/format.h>
#include <hs.h>

#include <iterator>
#include <limits>

namespace kmsgate::publish {
namespace {

using policy::table::glob_match;
using policy::table::kNone;
using policy::table::Table;

struct FreeDatabase {
    void operator()(hs_database_t* d) const noexcept { hs_free_database(d); }
};
struct FreeScratch {
    void operator()(hs_scratch_t* s) const noexcept { hs_free_scratch(s); }
};
struct FreeError {
    void operator()(hs_compile_error_t* e) const noexcept { hs_free_compile_error(e); }
};
using Database = std::unique_ptr<hs_database_t, FreeDatabase>;
using Scratch = std::unique_ptr<hs_scratch_t, FreeScratch>;

/// The glob as an expression: every byte but `*` stands for itself, the whole text must match.
[[nodiscard]] std::string expression(std::string_view glob) {
    std::string out = "^";
    for (const char c : glob) {
        if (c == '*')
            out += "[^@]*";
        else
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
    out += "\\z";
    return out;
}

extern "C" int keep_smallest(unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
    auto& best = *static_cast<std::uint32_t*>(context);
    if (id < best) best = id;
    return best == 0 ? 1 : 0;  // nothing is smaller than 0
}

/// Searches with a scratch of its own.
class Finder final : public policy::table::OddFinder {
  public:
    Finder(const hs_database_t* database, Scratch scratch, const Table& table)
        : database_(database), scratch_(std::move(scratch)), table_(table) {}

    [[nodiscard]] std::uint32_t find(std::string_view uri) const noexcept override {
        if (uri.size() > std::numeric_limits<unsigned>::max()) return kNone;
        std::uint32_t best = kNone;
        const hs_error_t end =
            hs_scan(database_, uri.data() != nullptr ? uri.data() : "", static_cast<unsigned>(uri.size()), 0,
                    scratch_.get(), keep_smallest, &best);
        return end == HS_SUCCESS || end == HS_SCAN_TERMINATED ? best : walk(uri);
    }

  private:
    /// Slow and sure: a user must not fall through to a looser rule because a library failed.
    [[nodiscard]] std::uint32_t walk(std::string_view uri) const noexcept {
        for (std::size_t at = 0; at < table_.odd_count(); ++at)
            if (glob_match(table_.odd_glob(at), uri, false)) return static_cast<std::uint32_t>(at);
        return kNone;
    }

    const hs_database_t* database_;
    Scratch scratch_;
    const Table& table_;
};

[[nodiscard]] std::expected<Database, std::string> build(const Table& table) {
    const std::size_t count = table.odd_count();
    std::vector<std::string> texts;
    std::vector<const char*> pointers;
    std::vector<unsigned> flags(count, HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL | HS_FLAG_ALLOWEMPTY);
    std::vector<unsigned> ids;
    texts.reserve(count);
    for (std::size_t at = 0; at < count; ++at) {
        texts.push_back(expression(table.odd_glob(at)));
        pointers.push_back(texts.back().c_str());
        ids.push_back(static_cast<unsigned>(at));
    }
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const hs_error_t end =
        hs_compile_multi(pointers.data(), flags.data(), ids.data(), static_cast<unsigned>(count),
                         HS_MODE_BLOCK, nullptr, &database, &error);
    const std::unique_ptr<hs_compile_error_t, FreeError> held(error);
    if (end == HS_SUCCESS) return Database(database);
    if (!held) return std::unexpected(fmt::format("Hyperscan: error {}", end));
    const int which = held->expression;
    const std::string_view said = held->message != nullptr ? held->message : "no reason given";
    if (which < 0 || static_cast<std::size_t>(which) >= count)
        return std::unexpected(fmt::format("Hyperscan: {}", said));
    return std::unexpected(fmt::format("user pattern \"{}\": Hyperscan: {}",
                                       table.odd_glob(static_cast<std::size_t>(which)), said));
}

}  // namespace

struct OddGlobs::Inside {
    Database database;
    std::vector<std::unique_ptr<Finder>> finders;
};

OddGlobs::OddGlobs() : inside_(std::make_unique<Inside>()) {}
OddGlobs::~OddGlobs() = default;

std::expected<std::unique_ptr<OddGlobs>, std::string> OddGlobs::compile(const Table& table,
                                                                        unsigned workers) {
    std::unique_ptr<OddGlobs> out(new OddGlobs);
    auto database = build(table);
    if (!database) return std::unexpected(database.error());
    out->inside_->database = std::move(*database);
    for (unsigned i = 0; i < workers; ++i) {
        hs_scratch_t* scratch = nullptr;
        if (hs_alloc_scratch(out->inside_->database.get(), &scratch) != HS_SUCCESS)
            return std::unexpected("Hyperscan: no memory to search with");
        out->inside_->finders.push_back(
            std::make_unique<Finder>(out->inside_->database.get(), Scratch(scratch), table));
    }
    return out;
}

const policy::table::OddFinder& OddGlobs::finder(unsigned worker) const noexcept {
    return *inside_->finders[worker];
}

}  // namespace kmsgate::publish
