// SPDX-License-Identifier: BSD-3-Clause
// Request lines and status lines, clean and odd (RFC 3261 7.1, 7.2).
#include <gtest/gtest.h>

#include "tests/unit/sip/parsed.hpp"

namespace kmsgate::sip::test {
namespace {

struct StartCase {
    const char* line;
    bool clean;
    Kind kind;
    const char* method;  // of the start line; responses take theirs from CSeq
    const char* uri;
    unsigned status;
};

TEST(StartLine, CleanAndOdd) {
    const StartCase cases[] = {
        {"INVITE sip:b@h SIP/2.0", true, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h sip/2.0", true, Kind::request, "INVITE", "sip:b@h", 0},
        {"!x-%*_+`'~. sip:b@h;x=%00?a=b SIP/2.0", true, Kind::request, "!x-%*_+`'~.", "sip:b@h;x=%00?a=b", 0},
        {"INVITE sip:\xc3\xa9@h SIP/2.0", true, Kind::request, "INVITE", "sip:\xc3\xa9@h", 0},
        {"INVITE  sip:b@h SIP/2.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h  SIP/2.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE\tsip:b@h SIP/2.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h\tSIP/2.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {" INVITE sip:b@h SIP/2.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h SIP/2.0 ", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h; lr SIP/2.0", false, Kind::request, "INVITE", "sip:b@h; lr", 0},
        {"INVITE sip:b@h SIP/7.0", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE sip:b@h SIP/2.00", false, Kind::request, "INVITE", "sip:b@h", 0},
        {"INVITE SIP/2.0", false, Kind::request, "INVITE", "", 0},
        {"INV<ITE sip:b@h SIP/2.0", false, Kind::request, "INV<ITE", "sip:b@h", 0},
        {"INVITE sip:b\x01@h SIP/2.0", false, Kind::request, "INVITE", "sip:b\x01@h", 0},
        {"INVITE sip:b@h", false, Kind::unknown, "", "", 0},
        {"INVITE", false, Kind::unknown, "", "", 0},
        {"GET / HTTP/1.1", false, Kind::unknown, "", "", 0},
        {"SIP/2.0 200 OK", true, Kind::response, "INVITE", "", 200},
        {"sip/2.0 200 OK", true, Kind::response, "INVITE", "", 200},
        {"SIP/2.0 100 ", true, Kind::response, "INVITE", "", 100},
        {"SIP/2.0 699  two blanks are part of the reason ", true, Kind::response, "INVITE", "", 699},
        {"SIP/2.0 200 \xd0\x9e\xd0\xba", true, Kind::response, "INVITE", "", 200},
        {"SIP/2.0 200", false, Kind::response, "INVITE", "", 200},
        {"SIP/2.0  200 OK", false, Kind::response, "INVITE", "", 200},
        {"SIP/2.0\t200 OK", false, Kind::response, "INVITE", "", 200},
        {"SIP/2.0 200\tOK", false, Kind::response, "INVITE", "", 200},
        {" SIP/2.0 488 No", false, Kind::response, "INVITE", "", 488},
        {"SIP/2.0 700 X", false, Kind::response, "INVITE", "", 700},
        {"SIP/2.0 099 X", false, Kind::response, "INVITE", "", 99},
        {"SIP/2.0 48 X", false, Kind::response, "INVITE", "", 0},
        {"SIP/2.0 4880 X", false, Kind::response, "INVITE", "", 0},
        {"SIP/2.0 4x8 X", false, Kind::response, "INVITE", "", 0},
        {"SIP/3.0 488 X", false, Kind::response, "INVITE", "", 488},
        {"SIP/2.0", false, Kind::response, "INVITE", "", 0},
    };
    for (const StartCase& c : cases) {
        SCOPED_TRACE(c.line);
        const Parsed p(invite("", "", c.line));
        EXPECT_EQ(!p->faults.has(Fault::start_line), c.clean);
        EXPECT_EQ(p->kind, c.kind);
        EXPECT_EQ(p->method, c.method);
        EXPECT_EQ(p->request_uri, c.uri);
        EXPECT_EQ(p->status, c.status);
        EXPECT_EQ(p->call_id, "77@a.example");  // the headers are read whatever the start line is
    }
}

}  // namespace
}  // namespace kmsgate::sip::test
