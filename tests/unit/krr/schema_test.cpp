// SPDX-License-Identifier: BSD-3-Clause
// What we emit is valid against the schema that we ship, by the word of xmllint. A missing xmllint fails the
// test.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/parse.hpp"
#include "tests/unit/krr/samples.hpp"

namespace kmsgate::krr {
namespace {

/// xmllint's exit status (0 valid, 3 not valid, 127 not found) and what it said.
struct Answer {
    int status = -1;
    std::string said;
};

Answer xmllint(std::string_view document) {
    std::string path = (std::filesystem::temp_directory_path() / "krr-XXXXXX").string();
    const int file = mkstemp(path.data());
    if (file < 0) return {};
    close(file);
    std::ofstream(path, std::ios::binary) << document;
    const std::string command = "xmllint --nonet --noout --schema '" KRR_XSD "' '" + path + "' 2>&1";
    Answer answer;
    if (FILE* pipe = popen(command.c_str(), "r")) {
        for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) answer.said += static_cast<char>(c);
        const int status = pclose(pipe);
        if (WIFEXITED(status)) answer.status = WEXITSTATUS(status);
    }
    std::filesystem::remove(path);
    return answer;
}

void expect_valid(std::string_view text) {
    const Answer answer = xmllint(text);
    EXPECT_EQ(answer.status, 0) << answer.said << text;
}

TEST(KrrSchema, OneToFourLayers) {
    Document d = test::full_document();
    for (unsigned layers = 1; layers <= 4; ++layers) {
        const std::string text = emit(d);
        expect_valid(text);
        const auto back = parse(text);
        ASSERT_TRUE(back);
        d.embedded = back->root;
    }
}

TEST(KrrSchema, OptionalElements) {
    Document d = test::full_document();
    for (auto* value : {&d.initiator, &d.receiver, &d.initiator_kms, &d.receiver_kms}) value->reset();
    d.initiator_list = d.receiver_list = {};
    expect_valid(emit(d));
    d.initiator_list = {.any = false, .present = true, .uris = {}};
    expect_valid(emit(d));
    d.receiver_list = {.any = true, .present = true, .uris = {}};
    expect_valid(emit(d));
    d.initiator_kms = "kms.a&b.example";
    d.initiator = "sip:a'b@mc1.example;x=\"y\"";
    d.id = "a<b>&\"c'";
    expect_valid(emit(d));
}

TEST(KrrSchema, Joined) {
    const std::string after_id = piece_after_id("sip:cs-proxy@mc1.example"),
                      list = piece_kms("kms.a.example");
    const std::string old = test::layer("");
    const Pieces pieces{.after_id = after_id,
                        .id = 7,
                        .time = 1795262400,
                        .initiator = "sip:a@b.example",
                        .receiver = "sip:c@d.example",
                        .initiator_kms = "kms.x",
                        .receiver_kms = "kms.y",
                        .initiator_list = list,
                        .receiver_list = "",
                        .embedded = old};
    std::string out(4096, '\0');
    out.resize(join(pieces, out));
    ASSERT_FALSE(out.empty());
    expect_valid(out);
}

TEST(KrrSchema, SignatureComesLast) {
    expect_valid(test::layer("<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>"));
}

TEST(KrrSchema, RefusesWhatIsNot) {
    EXPECT_EQ(xmllint(std::string(test::kOpen) + std::string(test::kClose)).status,
              3);  // required ones missing
    EXPECT_EQ(xmllint(test::layer("<ReceiverKmsList/><InitiatorKmsList/>")).status, 3);   // wrong order
    EXPECT_EQ(xmllint(test::layer("<InitiatorKmsList/><InitiatorKmsList/>")).status, 3);  // twice
    EXPECT_EQ(xmllint(test::layer("<EmbeddedKrr/>")).status, 3);
    EXPECT_EQ(xmllint(test::layer("<Unknown/>")).status, 3);
    Document d = test::full_document();
    d.time = "yesterday";
    EXPECT_EQ(xmllint(emit(d)).status, 3);
}

}  // namespace
}  // namespace kmsgate::krr
