// SPDX-License-Identifier: BSD-3-Clause
#include "control/link/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace kmsgate::control {
namespace {

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> one = [] {
        auto made = std::make_shared<spdlog::logger>("kmsgate-control",
                                                     std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %n %l: %v");
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *one;
}

}  // namespace

void log_info(std::string_view text) {
    logger().info("{}", text);
}
void log_warning(std::string_view text) {
    logger().warn("{}", text);
}
void log_error(std::string_view text) {
    logger().error("{}", text);
}

}  // namespace kmsgate::control
