// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/plain/usual_runs.hpp"

#include <algorithm>
#include <string_view>

namespace kmsgate::sip::plain {
namespace {

struct Entry {
    Run run = Run::none;
    Run other = Run::none;
    Run next = Run::none;
    std::string_view text;
    bool named = false;  ///< begins in the text of an element within one that names somebody
    Run document = Run::none;
};

// First INVITEs of private and group calls (TS 24.379 F.1 and 6.2, RFC 5366), in the schema's order.
constexpr Entry kEntries[] = {
    {Run::sdp_part, Run::info_part, Run::info_part, "Content-Type: application/sdp\r\n\r\n", false,
     Run::info},
    {Run::info_part, Run::lists_part, Run::lists_part,
     "Content-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n", false, Run::info},
    {Run::lists_part, Run::none, Run::sdp_part,
     "Content-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n", false,
     Run::lists},
    {Run::info, Run::lists, Run::caller,
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">"
     "<mcptt-Params><session-type>"},
    {Run::lists, Run::none, Run::lists_end,
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists "
     "xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>"},
    {Run::caller, Run::callee, Run::info_end,
     "</session-type><mcptt-calling-user-id type=\"Normal\"><mcpttURI>"},
    {Run::callee, Run::none, Run::callee_caller,
     "</session-type><mcptt-request-uri type=\"Normal\"><mcpttURI>"},
    {Run::callee_caller, Run::none, Run::info_end,
     "</mcpttURI></mcptt-request-uri><mcptt-calling-user-id type=\"Normal\"><mcpttURI>", true},
    {Run::client, Run::none, Run::client_end,
     "</mcpttURI></mcptt-calling-user-id><mcptt-client-id type=\"Normal\"><mcpttString>", true},
    {Run::info_end, Run::client, Run::none, "</mcpttURI></mcptt-calling-user-id></mcptt-Params></mcpttinfo>",
     true},
    {Run::client_end, Run::none, Run::none, "</mcpttString></mcptt-client-id></mcptt-Params></mcpttinfo>"},
    {Run::lists_end, Run::none, Run::lists_end, "</list></resource-lists>"},
};

/// What the tags of the run say, as each would alone.
constexpr void read_tags(UsualRun& run, std::string_view text) {
    constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n";
    if (text.starts_with(declaration)) text.remove_prefix(declaration.size());
    unsigned inside = run.before;
    while (!text.empty()) {
        const std::size_t size = text.find('>') + 1;
        const std::string_view tag = text.substr(0, size);
        if (inside != 0) inside += tag[1] == '/' ? ~0U : 1U;
        run.lists = run.lists || tag.starts_with("<resource-lists ");
        const bool receiver = tag == "<mcptt-request-uri type=\"Normal\">";
        if (receiver || tag == "<mcptt-calling-user-id type=\"Normal\">") {
            inside = 1;
            run.receiver = receiver;
        }
        text.remove_prefix(size);
    }
    run.after = static_cast<std::uint8_t>(inside);
}

constexpr UsualRuns make() {
    UsualRuns runs{};
    for (UsualRun& none : runs.all) none.mask = {1, 1, 1, 1};  // no text starts with a zero
    for (const Entry& e : kEntries) {
        UsualRun& run = runs.all[static_cast<std::size_t>(e.run)];
        std::ranges::copy(e.text, run.text.begin());
        run.mask = {};
        for (std::size_t i = 0; i < e.text.size(); ++i) run.mask[i / 32] |= 1U << (i % 32);
        run.size = static_cast<std::uint8_t>(e.text.size());
        run.other = e.other == Run::none ? nullptr : usual_run(e.other);
        run.next = usual_run(e.next);
        run.document = usual_run(e.document);
        run.before = e.named ? 2 : 0;
        run.sdp = e.run == Run::sdp_part;
        if (e.text[0] == '<') read_tags(run, e.text);
    }
    return runs;
}

}  // namespace

constinit const UsualRuns kUsualRuns = make();

}  // namespace kmsgate::sip::plain
