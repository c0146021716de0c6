// SPDX-License-Identifier: BSD-3-Clause
#include <optional>
#include <utility>

#include "policy/check/check.hpp"
#include "policy/compile/compile.hpp"
#include "policy/compile/users.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::compile {
namespace {

/// All steps. `same_users` says whether `known` may be used for a policy, and is not asked of one whose form
/// is faulty; `users_fine`, if wanted: nothing was to be said of the users.
template <class SameUsers>
[[nodiscard]] std::optional<table::Table> make(std::string_view yaml, const table::Table* known,
                                               SameUsers same_users, Compiled& out,
                                               bool* users_fine = nullptr) {
    out.policy = language::read(yaml, out.problems);  // faults of meaning are listed beside those of form
    const bool same = known != nullptr && !language::has_errors(out.problems) && same_users(out.policy);
    const table::Table* const patterns = same ? known : nullptr;
    const bool fine = check::check(out.policy, out.problems, patterns);
    if (users_fine != nullptr) *users_fine = fine;
    if (language::has_errors(out.problems)) return std::nullopt;
    out.blob = compile(out.policy, patterns);
    const auto table = table::Table::open(out.blob, patterns);
    if (table) return *table;
    out.problems.push_back(
        {false,
         {},
         "the compiled table is refused: " + table.error().what,
         "make the policy smaller where it says so; else this is a fault of the compiler"});
    out.blob.clear();
    return std::nullopt;
}

}  // namespace

Compiled compile_text(std::string_view yaml) {
    Compiled out;
    static_cast<void>(make(yaml, nullptr, [](const language::Policy&) { return false; }, out));
    return out;
}

/// Of the last policy that compiled and of whose users nothing was to be said.
struct Compiler::Kept {
    Users users;
    SealedPtr sealed;  ///< null: there is none
};

Compiler::Compiler() : kept_(std::make_unique<Kept>()) {}
Compiler::~Compiler() = default;

Compiler::Outcome Compiler::compile_text(std::string_view yaml) {
    Compiled made;
    bool same = false, users_fine = false;
    const auto same_users = [&](const language::Policy& policy) {
        return same = kept_->users.are_those_of(policy);
    };
    const table::Table* const known = kept_->sealed ? &kept_->sealed->table : nullptr;
    const auto table = make(yaml, known, same_users, made, &users_fine);
    Outcome out{std::move(made.problems), nullptr};
    if (!table) return out;
    // The bytes stay where they are when the vector moves.
    out.sealed = std::make_shared<const Sealed>(std::move(made.blob), *table);
    if (same) {
        kept_->sealed = out.sealed;
    } else if (users_fine) {
        kept_->sealed = nullptr;
        kept_->users = Users(made.policy);
        kept_->sealed = out.sealed;
    }
    return out;
}

}  // namespace kmsgate::policy::compile
