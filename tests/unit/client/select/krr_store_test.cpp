// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/select/krr_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kmsgate::client::select {
namespace {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "kmsgate-krrs-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] fs::path file() const { return path_ / "krrs.json"; }

  private:
    fs::path path_;
};

KeptKrr krr(std::string body, std::vector<std::string> due = {"kms.a"}) {
    KeptKrr out;
    out.received = 1'700'000'000'123'456'789;
    out.user = "sip:alice@mc1.example";
    out.call_id = "c1";
    out.peer = "sip:bob@mc2.example";
    out.outcome = "no-receiver-kms";
    out.due = std::move(due);
    out.body = std::move(body);
    return out;
}

TEST(KrrStore, NumbersAscendAndAreNeverUsedAgain) {
    KrrStore store;
    EXPECT_EQ(store.add(krr("a")), 1U);
    EXPECT_EQ(store.add(krr("b")), 2U);
    store.reported(2, "KMS.A");
    ASSERT_EQ(store.all().size(), 1U);
    auto read = KrrStore::from_text(store.to_text());
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->add(krr("c")), 3U);
}

TEST(KrrStore, AKrrIsForgottenWhenEverybodyHasHeardOfIt) {
    KrrStore store;
    store.add(krr("a", {"kms.a", "kms.c"}));
    store.reported(1, "kms.q");
    store.reported(7, "kms.a");
    EXPECT_EQ(store.all().front().due.size(), 2U);
    store.reported(1, "kms.a");
    ASSERT_EQ(store.all().size(), 1U);
    EXPECT_EQ(store.all().front().due, std::vector<std::string>{"kms.c"});
    store.reported(1, "kms.c");
    EXPECT_TRUE(store.all().empty());
}

TEST(KrrStore, TheOldestMakesRoomOneThatNobodyWaitsForFirst) {
    KrrStore store;
    for (std::size_t i = 0; i < KrrStore::kMost; ++i)
        store.add(krr("", i == 5 ? std::vector<std::string>{} : std::vector<std::string>{"kms.a"}));
    store.add(krr("new"));
    EXPECT_EQ(store.all().size(), KrrStore::kMost);
    EXPECT_EQ(store.all().front().number, 1U);
    EXPECT_EQ(store.all()[5].number, 7U);
    store.add(krr("newer"));
    EXPECT_EQ(store.all().size(), KrrStore::kMost);
    EXPECT_EQ(store.all().front().number, 2U);
    EXPECT_EQ(store.all().back().body, "newer");
}

TEST(KrrStore, ABodyComesBackByteForByte) {
    const std::string all = [] {
        std::string bytes;
        for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
        return bytes;
    }();
    for (const std::string& body : {std::string("<a>\r\n\t\"\xC3\xA4\"</a>"), std::string("a\0b", 3), all,
                                    std::string("\xED\xA0\x80"), std::string()}) {
        KrrStore store;
        store.add(krr(body));
        const auto read = KrrStore::from_text(store.to_text());
        ASSERT_TRUE(read) << read.error();
        const KeptKrr& got = read->all().front();
        EXPECT_EQ(got.body, body);
        EXPECT_EQ(got.received, 1'700'000'000'123'456'789U);
        EXPECT_EQ(got.user, "sip:alice@mc1.example");
        EXPECT_EQ(got.call_id, "c1");
        EXPECT_EQ(got.peer, "sip:bob@mc2.example");
        EXPECT_EQ(got.outcome, "no-receiver-kms");
        EXPECT_EQ(got.due, std::vector<std::string>{"kms.a"});
    }
}

TEST(KrrStore, NamesThatAreNoUtf8DoNotStopIt) {
    KrrStore store;
    KeptKrr odd = krr("x");
    odd.call_id = "\xFF\xFE";
    store.add(odd);
    EXPECT_TRUE(KrrStore::from_text(store.to_text()));
}

TEST(KrrStore, WrongTextsSayWhatIsWrong) {
    const auto fault = [](std::string_view text) {
        const auto read = KrrStore::from_text(text);
        return read ? std::string("none") : read.error();
    };
    const auto with = [&](const std::string& entry) {
        return fault(R"({"version":1,"next":5,"krrs":[)" + entry + "]}");
    };
    const std::string good =
        R"("received":1,"user":"u","call_id":"c","peer":"p","outcome":"o","due":["k"],"body":"b")";
    EXPECT_EQ(fault(""), "is no JSON object");
    EXPECT_EQ(fault("[]"), "is no JSON object");
    EXPECT_EQ(fault(R"({"version":2,"next":1,"krrs":[]})"), "`version` is not 1");
    EXPECT_EQ(fault(R"({"version":1,"next":-1,"krrs":[]})"), "`next` is no whole number");
    EXPECT_EQ(fault(R"({"version":1,"next":1,"krrs":{}})"), "`krrs` is no list");
    EXPECT_EQ(with("7"), "KRR 1 of the list is no object");
    EXPECT_EQ(with("{}"), "KRR 1 of the list has no `number`");
    EXPECT_EQ(with("{\"number\":1," + good + "}"), "none");
    EXPECT_EQ(with("{\"number\":5," + good + "}"), "KRR 1 of the list has a number out of order");
    EXPECT_EQ(with("{\"number\":1," + good + "},{\"number\":1," + good + "}"),
              "KRR 2 of the list has a number out of order");
    EXPECT_EQ(with(R"({"number":1,"received":1,"user":3})"), "KRR 1 of the list `user` is no text");
    EXPECT_EQ(
        with(R"({"number":1,"received":1,"user":"u","call_id":"c","peer":"p","outcome":"o","due":[1]})"),
        "KRR 1 of the list `due` holds something that is no text");
    EXPECT_EQ(with(R"({"number":1,"received":1,"user":"u","call_id":"c","peer":"p","outcome":"o","due":[]})"),
              "KRR 1 of the list has neither `body` nor `body_hex`");
    EXPECT_EQ(with(R"({"number":1,"received":1,"user":"u","call_id":"c","peer":"p","outcome":"o","due":[],)"
                   R"("body_hex":"abc"})"),
              "KRR 1 of the list `body_hex` is not hexadecimal");
}

TEST(KrrStore, EveryTruncationOfAFileIsRefused) {
    KrrStore store;
    store.add(krr("body"));
    std::string text = store.to_text();
    text.pop_back();  // the line end at the end of the file
    for (std::size_t cut = 0; cut < text.size(); ++cut)
        EXPECT_FALSE(KrrStore::from_text(text.substr(0, cut))) << cut;
}

TEST(KrrFile, IsKeptOverARestartForItsOwnerOnly) {
    const Folder folder;
    const std::string deep = folder.path() + "/state/alice";
    ASSERT_TRUE(load_store(deep));
    EXPECT_TRUE(load_store(deep)->all().empty());
    KrrStore store;
    store.add(krr("one"));
    ASSERT_TRUE(save_store(store, deep));
    store.add(krr("two"));
    ASSERT_TRUE(save_store(store, deep));
    const auto read = load_store(deep);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->all().size(), 2U);
    EXPECT_EQ(read->all()[1].body, "two");
    struct stat status{};
    ASSERT_EQ(::stat((deep + "/krrs.json").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(fs::directory_iterator(deep), fs::directory_iterator{}), 1);
}

TEST(KrrFile, AFailedSaveLeavesTheOldFile) {
    const Folder folder;
    KrrStore store;
    store.add(krr("old"));
    ASSERT_TRUE(save_store(store, folder.path()));
    fs::create_directory(folder.file().string() + ".new");  // the new file cannot be written
    store.add(krr("new"));
    const auto saved = save_store(store, folder.path());
    ASSERT_FALSE(saved);
    EXPECT_NE(saved.error().find("krrs.json.new"), std::string::npos);
    EXPECT_EQ(load_store(folder.path())->all().size(), 1U);
}

TEST(KrrFile, ABrokenFileIsAnErrorNeverAnEmptyStore) {
    const Folder folder;
    std::ofstream(folder.file()) << "{";
    const auto read = load_store(folder.path());
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().find("krrs.json: is no JSON object"), std::string::npos);
}

}  // namespace
}  // namespace kmsgate::client::select
