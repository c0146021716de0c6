// SPDX-License-Identifier: BSD-3-Clause
// Ports and the devices behind them.
#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

std::string with_device(std::string_view device) {
    return fmt::format(
        "version: 1\nports: {{a: ^\"{}\", b: net_ring1}}\nedges: {{n: [{{inside: a, outside: b}}]}}\nstate: "
        "/s\n",
        device);
}

Port read_device(std::string_view device) {
    std::string yaml = with_device(device);
    std::erase(yaml, '^');
    const Startup got = sound(yaml);
    return got.ports.empty() ? Port{} : got.ports[0];
}

TEST(Devices, Virtual) {
    for (const std::string_view good :
         {"net_af_xdp0,iface=d0", "net_null0", "net_pcap0,rx_pcap=/tmp/a.pcap,tx_pcap=b,infinite_rx=1",
          "net_tap0,mac=fixed", "net_x", "net_bonding0,mode=1,member=0000:3b:00.0"}) {
        const Port port = read_device(good);
        EXPECT_EQ(port.device, good);
        EXPECT_FALSE(port.is_pci()) << good;
    }
    EXPECT_EQ(read_device("net_af_xdp0,iface=d0").device_name(), "net_af_xdp0");
    EXPECT_EQ(read_device("net_null0").device_name(), "net_null0");
    const std::string longest = "net_" + std::string(59, 'x');
    EXPECT_EQ(read_device(longest + ",iface=d0").device_name(), longest);
}

TEST(Devices, VirtualFaults) {
    expect_faults(with_device("net_"), {"names no driver"});
    expect_faults(with_device("net_,iface=d0"), {"names no driver"});
    expect_faults(with_device("net_" + std::string(60, 'x')),
                  {"has a name of 64 bytes; name it with at most 63"});
    expect_faults(with_device("net_af_xdp0, iface=d0"), {"holds a blank"});
    expect_faults(with_device("net_af_xdp0 "), {"holds a blank"});
    expect_faults(with_device("net_af_xdp0\\t"), {"holds a blank"});
    expect_faults(with_device("net_af_xdp0\\0"), {"holds a blank or another character"});
    expect_faults(with_device("net_af_xdp\xC3\xA9"), {"holds a blank or another character"});
    expect_faults(with_device("net_af_xdp0;iface=d0"), {"other characters in its name"});
    expect_faults(with_device("net_af_xdp0:iface=d0"), {"other characters in its name"});
    expect_faults(with_device("net_af_xdp0,"), {"empty argument"});
    expect_faults(with_device("net_af_xdp0,,iface=d0"), {"empty argument"});
    for (const std::string_view bad :
         {"NET_null0", "netnull0", "eth_af_xdp0", "crypto_null", "--vdev=net_null0", ",net_null0"})
        expect_faults(with_device(bad), {"neither a virtual device nor a PCI address"});
    expect_faults(with_device("eth0"), {"write \"net_af_xdp0,iface=eth0\" for an interface of the kernel"});
    expect_faults(with_device(""), {"the device of port `a` is an empty text"});
}

TEST(Devices, Pci) {
    for (const std::string_view good :
         {"0000:3b:00.0", "0000:00:1f.7", "ffff:ff:10.1", "0000:3b:00.0,dv_flow_en=1"}) {
        const Port port = read_device(good);
        EXPECT_EQ(port.device, good);
        EXPECT_TRUE(port.is_pci()) << good;
    }
    EXPECT_EQ(read_device("0000:3b:00.0,dv_flow_en=1").device_name(), "0000:3b:00.0");
    EXPECT_EQ(read_device("000A:3B:0F.0,Arg=X").device, "000a:3b:0f.0,Arg=X");
}

TEST(Devices, PciFaults) {
    for (const std::string_view bad : {"0000:3b:20.0", "0000:3b:00.8", "0000:3b:00", "0000:3b:00.",
                                       "0000:3b:00.00", "000:3b:00.0", "00000:3b:00.0", "0000:3b.00.0",
                                       "0000:3g:00.0", "0000:3b:00:0", "0000-3b-00.0", "pci:0000:3b:00.0"})
        expect_faults(with_device(bad), {"neither a virtual device nor a PCI address"});
    expect_faults(with_device("3b:00.0"), {"write it with its domain: \"0000:3b:00.0\""});
    expect_faults(with_device("0000:3b:00.0,"), {"empty argument"});
}

TEST(Devices, EachBelongsToOnePort) {
    const auto two = [](std::string_view a, std::string_view b) {
        return fmt::format(
            "version: 1\nports:\n  a: {}\n  b: ^{}\nedges: {{n: [{{inside: a, outside: b}}]}}\nstate: /s\n",
            a, b);
    };
    expect_faults(two("net_ring0", "net_ring0"),
                  {"device `net_ring0` belongs to another port; name another device here or at line 3"});
    expect_faults(two("net_af_xdp0,iface=d0", "net_af_xdp0,iface=d1"), {"device `net_af_xdp0`"});
    expect_faults(two("0000:3b:00.0", "0000:3b:00.0"), {"device `0000:3b:00.0`"});
    expect_faults(two("0000:3B:00.0", "0000:3b:00.0,x=1"), {"device `0000:3b:00.0`"});
    std::string apart = two("net_af_xdp0,iface=d0", "net_af_xdp1,iface=d0");
    std::erase(apart, '^');
    EXPECT_EQ(sound(apart).ports.size(), 2U);
}

TEST(Devices, PortsAreNamedOnce) {
    expect_faults(
        "version: 1\nports: {a: net_ring0, ^a: net_ring1, b: net_ring2}\nedges: {n: [{inside: a, outside: "
        "b}]}\nstate: /s\n",
        {"key `a` stands twice in `ports`"});
    expect_faults(
        "version: 1\nports: {^\"a b\": net_ring0, b: net_ring1}\nedges: {n: [{inside: a b, outside: "
        "b}]}\nstate: /s\n",
        {"port `a b` holds other characters"});
    expect_faults(
        "version: 1\nports: {^\"\": net_ring0, b: net_ring1}\nedges: {n: [{inside: ^\"\", outside: "
        "b}]}\nstate: /s\n",
        {"port `` is empty", "is an empty text"});
    expect_faults("version: 1\nports: ^[net_ring0]\nedges: {n: [{inside: a, outside: b}]}\nstate: /s\n",
                  {"`ports` is a list"});
    expect_faults(
        "version: 1\nports: {a: ^[net_ring0], ^b: }\nedges: {n: [{inside: a, outside: b}]}\nstate: /s\n",
        {"the device of port `a` is a list", "the device of port `b` is nothing"});
}

TEST(Devices, AtMostThirtyTwo) {
    const auto many = [](int ports) {
        std::string out = "version: 1\nstate: /s\nports:\n";
        for (int i = 0; i < ports; ++i) out += fmt::format("  {}p{}: net_ring{}\n", i == 32 ? "^" : "", i, i);
        out += "edges:\n  n:\n";
        for (int i = 0; i < ports; i += 2)
            out += fmt::format("    - {{inside: p{}, outside: p{}}}\n", i, i + 1);
        return out;
    };
    EXPECT_EQ(sound(many(32)).ports.size(), 32U);
    expect_faults(many(34), {"`ports` has 34 ports; declare at most 32"});
}

}  // namespace
}  // namespace kmsgate::startup
