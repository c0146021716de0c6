// SPDX-License-Identifier: BSD-3-Clause
// From the model to the sealed table.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "policy/language/model.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::compile {

/// The sealed blob of a checked policy. Deterministic: the same model gives the same bytes. `same_users`: a
/// table of a policy with the same users in the same domains, in this order, from which their part is taken.
[[nodiscard]] std::vector<std::byte> compile(const language::Policy& policy,
                                             const table::Table* same_users = nullptr);

/// read + check + compile + verify in one step. `blob` is empty when problems hold an error.
struct Compiled {
    language::Policy policy;
    language::Problems problems;
    std::vector<std::byte> blob;
};
[[nodiscard]] Compiled compile_text(std::string_view yaml);

/// A table that has been proved, and the bytes that it looks at.
struct Sealed {
    std::vector<std::byte> blob;
    table::Table table;
};
using SealedPtr = std::shared_ptr<const Sealed>;

/// Compiles policies one after another. What only the users of domains make (their check, their part of the
/// table, its digest and proof) is kept from the last good policy, and used where all users of the next one
/// are the same, byte for byte and in the same order. Each outcome is that of compile_text() from nothing.
/// One thread at a time.
class Compiler {
  public:
    Compiler();
    ~Compiler();
    Compiler(const Compiler&) = delete;
    Compiler& operator=(const Compiler&) = delete;

    struct Outcome {
        language::Problems problems;
        SealedPtr sealed;  ///< null: problems hold an error
    };
    [[nodiscard]] Outcome compile_text(std::string_view yaml);

  private:
    struct Kept;
    std::unique_ptr<Kept> kept_;
};

}  // namespace kmsgate::policy::compile
