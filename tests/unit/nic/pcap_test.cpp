// SPDX-License-Identifier: BSD-3-Clause
// Jumbo frames from a file through a port into a file. libpcap, not DPDK, says what stands in the files.
#include <pcap/pcap.h>

#include <filesystem>
#include <memory>

#include "tests/unit/nic/kit.hpp"

namespace kmsgate::nic {
namespace {

struct ClosePcap {
    void operator()(pcap_t* p) const noexcept { pcap_close(p); }
    void operator()(pcap_dumper_t* p) const noexcept { pcap_dump_close(p); }
};

void write_pcap(const std::string& file, const std::vector<Bytes>& frames) {
    const std::unique_ptr<pcap_t, ClosePcap> p(pcap_open_dead(DLT_EN10MB, 65'535));
    const std::unique_ptr<pcap_dumper_t, ClosePcap> out(pcap_dump_open(p.get(), file.c_str()));
    ASSERT_TRUE(out) << pcap_geterr(p.get());
    for (const Bytes& f : frames) {
        pcap_pkthdr h{};
        h.ts.tv_sec = 1;
        h.caplen = h.len = static_cast<bpf_u_int32>(f.size());
        pcap_dump(reinterpret_cast<u_char*>(out.get()), &h, f.data());
    }
}

std::vector<Bytes> read_pcap(const std::string& file) {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    const std::unique_ptr<pcap_t, ClosePcap> p(pcap_open_offline(file.c_str(), error.data()));
    EXPECT_TRUE(p) << error.data();
    std::vector<Bytes> frames;
    pcap_pkthdr* h = nullptr;
    const u_char* data = nullptr;
    while (p && pcap_next_ex(p.get(), &h, &data) == 1) {
        EXPECT_EQ(h->caplen, h->len);
        frames.emplace_back(data, data + h->caplen);
    }
    return frames;
}

struct Files {
    std::string folder = (std::filesystem::temp_directory_path() / "kmsgate_nic_XXXXXX").string();
    Files() { EXPECT_NE(mkdtemp(folder.data()), nullptr); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() { std::filesystem::remove_all(folder); }
    [[nodiscard]] std::string in() const { return folder + "/in.pcap"; }
    [[nodiscard]] std::string out() const { return folder + "/out.pcap"; }
    [[nodiscard]] std::string device() const { return "net_pcap0,rx_pcap=" + in() + ",tx_pcap=" + out(); }
};

TEST(NicPcap, JumboFramesWholeInWholeOut) {
    const Files files;
    std::vector<Bytes> frames;
    // 9000 bytes of IP, without and with two VLAN tags; one either side of a buffer's size; the smallest
    for (const std::size_t size : {9014UL, 60UL, 9022UL, 1514UL, 2048UL, 2049UL, 9000UL, 4096UL, 14UL})
        frames.push_back(some_bytes(size, static_cast<std::uint32_t>(size)));
    write_pcap(files.in(), frames);
    {
        const auto port = opened(files.device(), options(1, 9000));
        ASSERT_TRUE(port);
        EXPECT_EQ(port->capabilities().max_frame, 9014U);
        std::array<rte_mbuf*, 32> in{};
        std::size_t n = 0;
        for (std::size_t got = 1; got != 0; n += got) got = port->receive(0, std::span(in).subspan(n));
        ASSERT_EQ(n, frames.size());
        EXPECT_EQ(in[0]->nb_segs, 5);
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(bytes_of(in[i]), frames[i]) << i;
        ASSERT_EQ(port->send(0, std::span(in).first(n)), n);
        const PortCounts c = port->counts();
        EXPECT_EQ(c.rx_frames, n);
        EXPECT_EQ(c.tx_frames, n);
        EXPECT_EQ(c.tx_errors, 0U);
        EXPECT_EQ(c.tx_bytes, c.rx_bytes);
        EXPECT_EQ(c.tx_copied, 5U);  // the driver does not say that it takes chains
    }
    EXPECT_EQ(read_pcap(files.out()), frames);
    EXPECT_EQ(in_use(), 0U);
}

TEST(NicPcap, ChainLongerThanTheMtuIsCountedAndTheRestLeaves) {
    const Files files;
    write_pcap(files.in(), {});
    std::vector<Bytes> wanted;
    {
        const auto port = opened(files.device(), options(1, 1500));
        ASSERT_TRUE(port);
        std::vector<rte_mbuf*> out;
        // 1522 is the longest: two tags
        for (const std::size_t size : {1523UL, 100UL, 1522UL, 9000UL, 1523UL, 200UL, 1523UL}) {
            out.push_back(chain(some_bytes(size, 7), 64).release());
            if (size <= 1522) wanted.push_back(some_bytes(size, 7));
        }
        EXPECT_EQ(port->send(0, out), out.size());
        EXPECT_EQ(port->counts().tx_errors, 4U);
        EXPECT_EQ(port->counts().tx_frames, 3U);
        EXPECT_EQ(port->counts().tx_copied, 3U);
    }
    EXPECT_EQ(read_pcap(files.out()), wanted);
    EXPECT_EQ(in_use(), 0U);
}

}  // namespace
}  // namespace kmsgate::nic
