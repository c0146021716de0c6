// SPDX-License-Identifier: BSD-3-Clause
// kmsgatectl: the process around run().
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "control/cli/run.hpp"

namespace {

std::size_t terminal_width() {
    winsize size{};
    if (::isatty(STDOUT_FILENO) == 0) return 0;
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace kmsgate::control;
    try {
        const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        const bool plain = !environment("NO_COLOR", "").empty() || environment("TERM", "") == "dumb";
        cli::Terminal terminal{.out = std::cout,
                               .err = std::cerr,
                               .out_colours = ::isatty(STDOUT_FILENO) != 0 && !plain,
                               .err_terminal = ::isatty(STDERR_FILENO) != 0,
                               .width = terminal_width()};
        return cli::run(words, environment("KMSGATE_SOCKET", "/run/kmsgate/control.sock"), terminal);
    } catch (const std::exception& e) {
        // What the libraries throw when there is no memory left.
        std::fprintf(stderr, "kmsgatectl: %s\n", e.what());
        return 1;
    }
}
