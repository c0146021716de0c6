// SPDX-License-Identifier: BSD-3-Clause
// POLICY.yaml TABLE: seals a policy, for tests of programs that read tables.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "policy/compile/compile.hpp"
#include "policy/language/problem.hpp"

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    std::ifstream in(argv[1], std::ios::binary);
    const std::string yaml(std::istreambuf_iterator<char>(in), {});
    const auto compiled = kmsgate::policy::compile::compile_text(yaml);
    for (const auto& problem : compiled.problems)
        std::fprintf(stderr, "%s\n", kmsgate::policy::language::to_string(problem, argv[1]).c_str());
    if (compiled.blob.empty()) return 1;
    std::ofstream out(argv[2], std::ios::binary);
    out.write(reinterpret_cast<const char*>(compiled.blob.data()),
              static_cast<std::streamsize>(compiled.blob.size()));
    return out.flush() ? 0 : 3;
}
