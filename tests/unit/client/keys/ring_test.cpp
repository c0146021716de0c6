// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/ring.hpp"

#include <gtest/gtest.h>

#include "tests/unit/client/keys/samples.hpp"

namespace kmsgate::client::keys {
namespace {

using test::Folder;
using test::kKms;
using test::kUser;
using test::replaced;
using test::rfc_keys;
using test::rfc_kms;
using test::with_value;
using test::without;

bool names(const std::string& error, std::string_view what) {
    return error.find(what) != std::string::npos;
}

std::string key_set_error(const std::string& xml) {
    const auto read = read_key_set(xml);
    return read ? "none" : read.error();
}

TEST(TestKms, PublicKeysAreThoseOfTheRfcs) {
    EXPECT_EQ(rfc_kms().uri(), kKms);
    EXPECT_EQ(rfc_kms().certificate().pub_enc_key, test::rfc::kPublic);
    EXPECT_EQ(rfc_kms().certificate().pub_auth_key, test::rfc::kKpak);
    EXPECT_EQ(rfc_kms().certificate().key_period, 2592000U);
}

TEST(TestKms, UserIdIsTheOneOfTheSpecification) {
    // the example of TS 33.180 F.2.1: OoH7FMOx0P5DycV3EE1VptgXiL/S8JdDxFV3RqWgNTs= in base64
    EXPECT_EQ(rfc_keys().user_id,
              test::from_hex("3a81fb14c3b1d0fe43c9c577104d55a6d81788bfd2f09743c4557746a5a0353b"));
    // 1388 * 2592000 seconds after 1900
    EXPECT_EQ(rfc_keys().valid_from, "2014-01-03T00:00:00Z");
    EXPECT_EQ(rfc_keys().valid_to, "2014-02-02T00:00:00Z");
}

TEST(TestKms, SecretsReadBack) {
    crypto::Random random;
    const auto made = TestKms::make("kms.a.example", random, 86400, 3600);
    ASSERT_TRUE(made) << made.error();
    const auto read = TestKms::read_secret(made->write_secret());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->certificate(), made->certificate());
    EXPECT_EQ(read->certificate().key_period, 86400U);
    EXPECT_EQ(read->certificate().key_offset, 3600U);
    const auto keys = read->provision(kUser, 7, random);
    ASSERT_TRUE(keys);
    Ring ring;
    ring.add(made->certificate());
    EXPECT_TRUE(ring.add(*keys));
}

TEST(TestKms, RefusesWhatIsNoSecret) {
    crypto::Random random;
    EXPECT_FALSE(TestKms::make("", random));
    EXPECT_FALSE(TestKms::make("kms a", random));
    EXPECT_FALSE(TestKms::make(std::string(256, 'k'), random));
    EXPECT_FALSE(TestKms::make("k", random, 0));
    EXPECT_FALSE(rfc_kms().provision("", 1, random));
    EXPECT_FALSE(rfc_kms().provision(std::string(256, 'u'), 1, random));
    EXPECT_FALSE(rfc_kms().provision("sip:a b", 1, random));
    const std::string good = test::secret_xml();
    for (const char* element : {"KmsUri", "UserKeyPeriod", "UserKeyOffset", "MasterSecret", "AuthSecret"}) {
        const auto read = TestKms::read_secret(without(good, element));
        ASSERT_FALSE(read) << element;
        EXPECT_TRUE(names(read.error(), element)) << read.error();
    }
    EXPECT_FALSE(TestKms::read_secret(with_value(good, "AuthSecret", std::string(64, '0'))));
    EXPECT_FALSE(TestKms::read_secret(with_value(good, "MasterSecret", std::string(256, '0'))));
    EXPECT_FALSE(TestKms::read_secret(with_value(good, "MasterSecret", std::string(256, 'f'))));
    EXPECT_FALSE(TestKms::read_secret(with_value(good, "UserKeyPeriod", "0")));
    EXPECT_FALSE(TestKms::read_secret(write_certificate(rfc_kms().certificate())));
    for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(TestKms::read_secret(good.substr(0, n))) << n;
}

TEST(KeySet, ReadsWhatIsWritten) {
    KeySet all = rfc_keys();
    all.cert_uri = "c";
    all.issuer = "i & i";
    all.revoked = true;
    for (const KeySet& set : {rfc_keys(), all}) {
        const auto read = read_key_set(write_key_set(set));
        ASSERT_TRUE(read) << read.error();
        EXPECT_EQ(*read, set);
    }
}

TEST(KeySet, ElementsOfTheSchemaInItsOrder) {
    const std::string text = write_key_set(rfc_keys());
    std::size_t at = text.find("<KmsKeySet xmlns=\"urn:3gpp:ns:mcsecKMSInterface:1.0\"");
    ASSERT_NE(at, std::string::npos);
    for (const char* element : {"KmsUri", "UserUri", "UserID", "ValidFrom", "ValidTo", "KeyPeriodNo",
                                "Revoked", "UserDecryptKey", "UserSigningKeySSK", "UserPubTokenPVT"}) {
        const std::size_t next = text.find("<" + std::string(element) + ">", at);
        ASSERT_NE(next, std::string::npos) << element;
        at = next;
    }
}

TEST(KeySet, EveryFaultNamesItsElement) {
    const std::string good = write_key_set(rfc_keys());
    for (const char* element :
         {"KmsUri", "UserUri", "KeyPeriodNo", "UserDecryptKey", "UserSigningKeySSK", "UserPubTokenPVT"}) {
        const std::string name = std::string("KmsKeySet/") + element + ":";
        EXPECT_TRUE(names(key_set_error(without(good, element)), name)) << element;
        EXPECT_TRUE(names(key_set_error(with_value(good, element, "")), name)) << element;
    }
    EXPECT_TRUE(names(key_set_error(with_value(good, "UserDecryptKey", "<EncryptedKey/>")), "encrypted"));
    EXPECT_TRUE(names(key_set_error(with_value(good, "UserID", "00")), "UserID: 1 bytes; 32 bytes"));
    EXPECT_EQ(key_set_error(without(good, "UserID")), "none");
    EXPECT_NE(key_set_error(write_certificate(rfc_kms().certificate())), "none");
    for (std::size_t n = 0; n <= good.rfind('>'); ++n) EXPECT_FALSE(read_key_set(good.substr(0, n))) << n;
}

TEST(Ring, TakesKeysThatBelongAndFindsThem) {
    Ring ring;
    EXPECT_EQ(ring.certificate(kKms), nullptr);
    ring.add(rfc_kms().certificate());
    const auto ok = ring.add(rfc_keys());
    ASSERT_TRUE(ok) << ok.error();
    ASSERT_NE(ring.certificate("KMS.Example.ORG"), nullptr);
    EXPECT_EQ(ring.certificate("kms.example.or"), nullptr);
    ASSERT_NE(ring.key_set("KMS.Example.org", kUser, 1388), nullptr);
    EXPECT_EQ(*ring.key_set(kKms, kUser, 1388), rfc_keys());
    EXPECT_EQ(ring.key_set(kKms, kUser, 1389), nullptr);
    EXPECT_EQ(ring.key_set(kKms, "sip:user@example.orG", 1388), nullptr);
    EXPECT_EQ(ring.key_set("kms.b.example", kUser, 1388), nullptr);
    EXPECT_TRUE(ring.add(rfc_keys()));
    EXPECT_EQ(ring.key_sets().size(), 1U);
}

TEST(Ring, RefusesKeysThatDoNotBelong) {
    Ring ring;
    const auto refuse = [&](const KeySet& set) {
        const auto result = ring.add(set);
        return result ? std::string("none") : result.error();
    };
    EXPECT_TRUE(names(refuse(rfc_keys()), "no certificate"));
    ring.add(rfc_kms().certificate());
    const auto with = [](auto change) {
        KeySet set = rfc_keys();
        change(set);
        return set;
    };
    EXPECT_TRUE(names(refuse(with([](KeySet& s) { s.revoked = true; })), "revoked"));
    EXPECT_TRUE(names(refuse(with([](KeySet& s) { s.period_no = 1389; })), "UserID"));
    const auto bare = [&](auto change) {
        return refuse(with([&](KeySet& s) {
            s.user_id.clear();
            change(s);
        }));
    };
    EXPECT_TRUE(names(bare([](KeySet& s) { s.period_no = 1389; }), "SSK and PVT"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.user_uri = "sip:other@example.org"; }), "SSK and PVT"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.user_uri.clear(); }), "no user URI"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.signing.ssk[31] ^= 1; }), "SSK and PVT"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.signing.pvt[64] ^= 1; }), "PVT"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.decrypt_key[256] ^= 1; }), "RSK"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.decrypt_key = test::rfc::kRsk; }), "RSK"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.decrypt_key.clear(); }), "RSK"));
    EXPECT_TRUE(names(bare([](KeySet& s) { s.signing = {}; }), "SSK"));
    EXPECT_TRUE(ring.key_sets().empty());
}

TEST(Ring, AnotherCertificateTakesTheKeysWithIt) {
    Ring ring;
    ring.add(rfc_kms().certificate());
    ASSERT_TRUE(ring.add(rfc_keys()));
    Certificate renamed = rfc_kms().certificate();
    renamed.issuer = "someone";
    ring.add(renamed);
    EXPECT_EQ(ring.key_sets().size(), 1U);
    EXPECT_EQ(ring.certificate(kKms)->issuer, "someone");
    Certificate other = renamed;
    other.key_offset = 1;
    ring.add(other);
    EXPECT_EQ(ring.certificates().size(), 1U);
    EXPECT_TRUE(ring.key_sets().empty());
}

TEST(LoadRing, ReadsAFolderAndLeavesSecretsAlone) {
    const Folder folder;
    // the names sort the key set before its certificate
    folder.put("a-keys.xml", write_key_set(rfc_keys()));
    folder.put("b-cert.xml", write_certificate(rfc_kms().certificate()));
    folder.put("kms-x.secret.xml", "not even XML");
    folder.put("notes.txt", "not XML");
    folder.put(".hidden.xml", "not XML");
    const auto ring = load_ring(folder.path());
    ASSERT_TRUE(ring) << ring.error().front();
    EXPECT_NE(ring->key_set(kKms, kUser, 1388), nullptr);
    EXPECT_EQ(ring->certificates().size(), 1U);
}

TEST(LoadRing, TellsAllFaultsEachWithItsFile) {
    const Folder folder;
    const std::string certificate = write_certificate(rfc_kms().certificate());
    folder.put("a.xml", certificate);
    folder.put("b.xml", certificate);
    folder.put("c.xml", "<KmsKeySet");
    folder.put("d.xml", "<other/>");
    folder.put("e.xml", write_key_set(rfc_keys()));
    folder.put("f.xml", write_key_set(rfc_keys()));
    folder.put("g.xml", with_value(without(write_key_set(rfc_keys()), "UserID"), "KeyPeriodNo", "1"));
    folder.put("h.xml", std::string(65537, ' '));
    std::filesystem::create_directory(folder.at("i.xml"));
    const auto ring = load_ring(folder.path());
    ASSERT_FALSE(ring);
    std::string all;
    for (const std::string& fault : ring.error()) all += fault + "\n";
    EXPECT_EQ(ring.error().size(), 7U) << all;
    EXPECT_TRUE(names(all, folder.at("b.xml") + ": a second certificate of kms.example.org")) << all;
    EXPECT_TRUE(names(all, folder.at("c.xml") + ": not XML")) << all;
    EXPECT_TRUE(names(all, folder.at("d.xml") + ": neither")) << all;
    EXPECT_TRUE(names(all, folder.at("f.xml") + ": a second key set")) << all;
    EXPECT_TRUE(names(all, folder.at("g.xml") + ": keys of")) << all;
    EXPECT_TRUE(names(all, folder.at("h.xml") + ": more than 65536 bytes")) << all;
    EXPECT_TRUE(names(all, folder.at("i.xml") + ": not a regular file")) << all;
}

TEST(LoadRing, AFolderThatIsNotThere) {
    const Folder folder;
    const auto ring = load_ring(folder.at("nowhere"));
    ASSERT_FALSE(ring);
    EXPECT_TRUE(names(ring.error().front(), "nowhere"));
    const auto empty = load_ring(folder.path());
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->certificates().empty());
}

}  // namespace
}  // namespace kmsgate::client::keys
