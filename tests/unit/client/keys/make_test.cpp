// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/make.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/client/keys/samples.hpp"
#include "tools/client/keys/files.hpp"
#include "tools/client/keys/ring.hpp"

namespace kmsgate::client::keys {
namespace {

using test::Folder;

// 2026-11-22, in period 1541 of 30 days
constexpr Time kNow = 1795305600 * kSecond;

KeysRequest request_for(const Folder& folder) {
    KeysRequest request;
    request.folder = folder.path();
    request.kms = {"kms.a.example", "kms.b.example"};
    request.users = {{"sip:alice@mc1.example", {"kms.a.example"}}};
    request.now = kNow;
    return request;
}

unsigned mode_of(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

bool says(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

TEST(MakeKeys, MakesAFolderThatLoads) {
    const Folder folder;
    crypto::Random random;
    const auto lines = make_keys(request_for(folder), random);
    ASSERT_TRUE(lines) << joined(lines.error());
    const auto ring = load_ring(folder.path());
    ASSERT_TRUE(ring) << joined(ring.error());
    EXPECT_EQ(ring->certificates().size(), 2U);
    const std::uint64_t now = mikey::period_number(kNow, 2592000, 0);
    EXPECT_NE(ring->key_set("kms.a.example", "sip:alice@mc1.example", now), nullptr);
    EXPECT_NE(ring->key_set("kms.a.example", "sip:alice@mc1.example", now + 1), nullptr);
    EXPECT_EQ(ring->key_sets().size(), 2U);
    EXPECT_EQ(folder.files(), 6U);
    // a line each: 2 KMSs, 2 certificates, 2 key sets
    EXPECT_EQ(lines->size(), 6U) << joined(*lines);
    EXPECT_EQ(mode_of(folder.at("kms-kms.a.example.secret.xml")), 0600U);
    EXPECT_EQ(mode_of(folder.at("kms-kms.b.example.secret.xml")), 0600U);
    EXPECT_EQ(mode_of(folder.at("kms-kms.a.example.cert.xml")), 0644U);
    EXPECT_EQ(mode_of(folder.at(key_set_file("sip:alice@mc1.example", "kms.a.example", now))), 0600U);
}

TEST(MakeKeys, ASecondRunKeepsEveryByte) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request = request_for(folder);
    ASSERT_TRUE(make_keys(request, random));
    const std::uint64_t period = mikey::period_number(kNow, 2592000, 0);
    const std::string keys = key_set_file("sip:alice@mc1.example", "kms.a.example", period);
    const std::string before = folder.get(keys) + folder.get("kms-kms.a.example.cert.xml") +
                               folder.get("kms-kms.a.example.secret.xml");
    request.force = true;
    const auto again = make_keys(request, random);
    ASSERT_TRUE(again) << joined(again.error());
    EXPECT_EQ(before, folder.get(keys) + folder.get("kms-kms.a.example.cert.xml") +
                          folder.get("kms-kms.a.example.secret.xml"));
    EXPECT_TRUE(says(joined(*again), "kept keys of sip:alice@mc1.example"));
    EXPECT_FALSE(says(joined(*again), "wrote"));
    // a month later only the period that is new is written
    request.now += 2592000 * kSecond;
    const auto later = make_keys(request, random);
    ASSERT_TRUE(later);
    EXPECT_EQ(folder.files(), 7U) << joined(*later);
    EXPECT_TRUE(load_ring(folder.path()));
}

TEST(MakeKeys, OneKmsServesSeveralFolders) {
    const Folder folder;
    crypto::Random random;
    KeysRequest alice = request_for(folder);
    alice.folder = folder.at("deep/er/alice");
    alice.secrets = folder.at("secrets");
    ASSERT_TRUE(make_keys(alice, random));
    KeysRequest bob = alice;
    bob.folder = folder.at("bob");
    bob.kms = {"KMS.A.example"};
    bob.users = {{"sip:bob@mc1.example", {"kms.B.example", "kms.b.example"}}};
    const auto lines = make_keys(bob, random);
    ASSERT_TRUE(lines) << joined(lines.error());
    EXPECT_TRUE(says(joined(*lines), "read KMS kms.a.example"));
    const auto alices = load_ring(alice.folder);
    const auto bobs = load_ring(bob.folder);
    ASSERT_TRUE(alices && bobs);
    EXPECT_EQ(*alices->certificate("kms.a.example"), *bobs->certificate("kms.a.example"));
    EXPECT_EQ(*alices->certificate("kms.b.example"), *bobs->certificate("kms.b.example"));
    EXPECT_EQ(bobs->key_sets().size(), 2U);
}

TEST(MakeKeys, WhatIsThereIsOnlyReplacedByForce) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request = request_for(folder);
    request.periods = 1;
    ASSERT_TRUE(make_keys(request, random));
    const std::string certificate = "kms-kms.a.example.cert.xml";
    const std::string keys =
        key_set_file("sip:alice@mc1.example", "kms.a.example", mikey::period_number(kNow, 2592000, 0));
    const std::string good = folder.get(certificate);
    folder.put(certificate, folder.get("kms-kms.b.example.cert.xml"));
    folder.put(keys, "mine");
    request.kms.push_back("kms.new.example");
    const auto refused = make_keys(request, random);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().size(), 1U) << joined(refused.error());
    EXPECT_TRUE(says(joined(refused.error()), certificate + ": another certificate"));
    EXPECT_EQ(folder.get(keys), "mine");
    EXPECT_FALSE(std::filesystem::exists(folder.at("kms-kms.new.example.secret.xml")));
    request.force = true;
    const auto forced = make_keys(request, random);
    ASSERT_TRUE(forced) << joined(forced.error());
    EXPECT_TRUE(says(joined(*forced), "replaced certificate of kms.a.example"));
    EXPECT_TRUE(says(joined(*forced), "replaced keys of sip:alice@mc1.example"));
    EXPECT_EQ(folder.get(certificate), good);
    EXPECT_TRUE(load_ring(folder.path()));
    // another user's good keys under this name are foreign too
    folder.put(keys, write_key_set(test::rfc_keys()));
    request.force = false;
    EXPECT_FALSE(make_keys(request, random));
}

TEST(MakeKeys, SecretsAreGuarded) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request = request_for(folder);
    request.force = true;
    ASSERT_TRUE(make_keys(request, random));
    const std::string name = "kms-kms.a.example.secret.xml";
    const std::string secret = folder.get(name);
    ::chmod(folder.at(name).c_str(), 0640);
    const auto open = make_keys(request, random);
    ASSERT_FALSE(open);
    EXPECT_TRUE(says(joined(open.error()), "mode 600 expected"));
    ::chmod(folder.at(name).c_str(), 0600);
    request.key_period = 3600;
    EXPECT_FALSE(make_keys(request, random));
    request.key_period.reset();
    folder.put(name, folder.get("kms-kms.b.example.secret.xml"));
    const auto swapped = make_keys(request, random);
    ASSERT_FALSE(swapped);
    EXPECT_TRUE(says(joined(swapped.error()), "is of kms.b.example; kms.a.example expected"));
    folder.put(name, "garbage");
    EXPECT_FALSE(make_keys(request, random));
    EXPECT_EQ(folder.get(name), "garbage");
    folder.put(name, secret);
    EXPECT_TRUE(make_keys(request, random));
}

TEST(MakeKeys, NormalisesUsersAndSaysSo) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request = request_for(folder);
    request.users = {{"SIPS:Alice@MC1.Example;x=y", {"kms.a.example"}}};
    request.periods = 1;
    const auto lines = make_keys(request, random);
    ASSERT_TRUE(lines);
    EXPECT_TRUE(says(joined(*lines), "took SIPS:Alice@MC1.Example;x=y as sip:Alice@mc1.example"))
        << joined(*lines);
    const auto ring = load_ring(folder.path());
    ASSERT_TRUE(ring);
    ASSERT_EQ(ring->key_sets().size(), 1U);
    EXPECT_EQ(ring->key_sets().front().user_uri, "sip:Alice@mc1.example");
}

TEST(MakeKeys, TellsAllFaultsAndWritesNothing) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request;
    request.periods = 0;
    request.users = {{"nobody", {"kms.a.example"}}, {"sip:alice@mc1.example", {}}};
    const auto result = make_keys(request, random);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().size(), 4U) << joined(result.error());
    request = request_for(folder);
    request.periods = 25;
    EXPECT_FALSE(make_keys(request, random));
    request.periods = 1;
    request.kms = {"", "kms with blanks", std::string(256, 'k')};
    const auto bad = make_keys(request, random);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().size(), 3U) << joined(bad.error());
    request = request_for(folder);
    request.key_period = 0;
    EXPECT_FALSE(make_keys(request, random));
    request.kms.clear();
    request.users.clear();
    request.key_period.reset();
    EXPECT_FALSE(make_keys(request, random));
    EXPECT_EQ(folder.files(), 0U);
}

TEST(MakeKeys, NoUriLeadsOutOfTheFolder) {
    const Folder folder;
    crypto::Random random;
    KeysRequest request = request_for(folder);
    request.folder = folder.at("inside");
    request.periods = 1;
    request.kms = {"../../evil", "/etc/kms", "..", "https://kms.example/a?b=c&d"};
    request.users = {{"sip:../../../x@h", {".."}}, {"x:/etc/passwd", {"/etc/kms"}}};
    const auto lines = make_keys(request, random);
    ASSERT_TRUE(lines) << joined(lines.error());
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(request.folder)) {
        EXPECT_TRUE(entry.is_regular_file()) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 10U);
    EXPECT_EQ(folder.files(), files);
    EXPECT_TRUE(load_ring(request.folder));
}

TEST(FileNames, AreSafeShortAndDifferent) {
    EXPECT_EQ(secret_file("KMS.A.example"), "kms-kms.a.example.secret.xml");
    EXPECT_EQ(certificate_file("kms.a.example"), "kms-kms.a.example.cert.xml");
    EXPECT_EQ(key_set_file("sip:alice@mc1.example", "kms.a.example", 1541),
              "keys-sip%3aalice@mc1.example_kms.a.example_1541.xml");
    EXPECT_NE(key_set_file("a_b", "c", 1), key_set_file("a", "b_c", 1));
    EXPECT_NE(key_set_file("a", "b", 11), key_set_file("a", "b1", 1));
    EXPECT_NE(file_part("A"), file_part("a"));
    EXPECT_NE(file_part("%41"), file_part("A"));
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    for (std::size_t n = 0; n <= all.size(); ++n) {
        const std::string part = file_part(std::string_view(all).substr(n));
        EXPECT_LE(part.size(), 80U);
        EXPECT_EQ(part.find_first_of(std::string("/\\\0:*?\"<>| _", 12)), std::string::npos) << part;
    }
    EXPECT_NE(file_part(std::string(200, 'a')), file_part(std::string(201, 'a')));
    EXPECT_LE(key_set_file(std::string(255, '/'), std::string(255, '/'), 18446744073709551615U).size(), 240U);
}

TEST(Files, AreWrittenWholeAndLinksAreNotFollowed) {
    const Folder folder;
    folder.put("target", "old");
    std::filesystem::create_symlink(folder.at("target"), folder.at("link"));
    ASSERT_TRUE(write_file(folder.at("link"), "new", 0600));
    EXPECT_EQ(folder.get("target"), "old");
    EXPECT_EQ(folder.get("link"), "new");
    EXPECT_EQ(folder.files(), 2U);
    EXPECT_FALSE(write_file(folder.at("no/such/folder"), "x", 0600));
    std::filesystem::create_directory(folder.at("taken"));
    EXPECT_FALSE(write_file(folder.at("taken"), "x", 0600));
    EXPECT_EQ(folder.files(), 2U);
    EXPECT_EQ(read_file(folder.at("link"), 3).value_or("none"), "new");
    EXPECT_FALSE(read_file(folder.at("link"), 2));
    EXPECT_FALSE(read_file(folder.at("nothing"), 10));
    ASSERT_EQ(::mkfifo(folder.at("pipe").c_str(), 0600), 0);
    EXPECT_FALSE(read_file(folder.at("pipe"), 10));
}

}  // namespace
}  // namespace kmsgate::client::keys
