// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/document.hpp"

namespace kmsgate::krr {

std::string_view to_string(Fault fault) noexcept {
    switch (fault) {
        case Fault::too_large:
            return "too-large";
        case Fault::not_utf8:
            return "not-utf8";
        case Fault::doctype:
            return "doctype";
        case Fault::not_xml:
            return "not-xml";
        case Fault::root:
            return "root";
        case Fault::structure:
            return "structure";
        case Fault::too_deep:
            return "too-deep";
        case Fault::list_too_long:
            return "list-too-long";
        case Fault::uri:
            return "uri";
    }
    return "unknown";
}

}  // namespace kmsgate::krr
