// SPDX-License-Identifier: BSD-3-Clause
#include "policy/check/check.hpp"
#include "policy/compile/compile.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::compile {

Compiled compile_text(std::string_view yaml) {
    Compiled out;
    out.policy = language::read(yaml, out.problems);  // faults of meaning are listed beside those of form
    check::check(out.policy, out.problems);
    if (language::has_errors(out.problems)) return out;
    out.blob = compile(out.policy);
    if (const auto table = table::Table::open(out.blob); !table) {
        out.problems.push_back(
            {false,
             {},
             "the compiled table is refused: " + table.error().what,
             "make the policy smaller where it says so; else this is a fault of the compiler"});
        out.blob.clear();
    }
    return out;
}

}  // namespace kmsgate::policy::compile
