// The samples, each header written out by hand.
#include "support/packet_samples.hpp"

#include <algorithm>
#include <iterator>

namespace pcapaudit::test {

std::string inner_udp4() {
  return ipv4({.protocol = 17}, udp({}, "hello"));
}
std::string inner_udp6() {
  return ipv6({.next_header = 17}, udp({}, "hello"));
}
std::string inner_frame() {
  return ethernet(0x0800, inner_udp4());
}
std::string zeros(std::size_t count) {
  return std::string(count, '\0');
}

std::string over_ip(std::uint8_t protocol, const std::string& payload) {
  return ethernet(0x0800, ipv4({.protocol = protocol, .source = "10.0.0.1"}, payload));
}
std::string over_udp(std::uint16_t port, const std::string& payload) {
  return over_ip(17, udp({.source_port = 40000, .destination_port = port}, payload));
}

// Headers by their descriptions at tcpdump.org/linktypes.html, around inner_udp4().
std::vector<Sample> link_samples() {
  const auto v4 = [](std::string_view name, std::uint32_t link, const std::string& header) {
    return Sample{std::string(name), LinkType{link}, header + inner_udp4()};
  };
  const std::string snap = from_hex("aaaa03 000000 0800");
  const std::string data_frame = from_hex("0801 0000") + zeros(20);
  const std::string pktap = from_hex("6c000000 01000000 01000000") + zeros(96);
  return {
      v4("null, little-endian", 0, from_hex("02000000")),
      v4("null, big-endian", 0, from_hex("00000002")),
      v4("ethernet", 1, ethernet(0x0800, "")),
      v4("802.3 with SNAP", 1, ethernet(8 + 33, snap)),
      v4("802.3 with LLC", 1, ethernet(3 + 33, from_hex("060603"))),
      v4("slip", 8, zeros(16)),
      v4("ppp", 9, from_hex("ff03 0021")),
      v4("ppp, compressed", 9, from_hex("21")),
      v4("ppp replaced by hdlc", 9, from_hex("0f00 0800")),
      v4("token ring", 6, from_hex("1040") + zeros(12) + snap),
      v4("token ring, routed", 6,
         from_hex("1040") + zeros(6) + from_hex("800000000001 0630 0011 0020") + snap),
      v4("fddi", 10, from_hex("50") + zeros(12) + snap),
      v4("atm as some BSDs wrote it", 11, snap),
      v4("raw 12", 12, ""),
      v4("raw 14", 14, ""),
      v4("ppp hdlc", 50, from_hex("ff03 0021")),
      v4("rfc 1483 atm", 100, snap),
      v4("raw 101", 101, ""),
      v4("cisco hdlc", 104, from_hex("0f00 0800")),
      v4("802.11", 105, data_frame + snap),
      v4("802.11 qos", 105, from_hex("8801 0000") + zeros(20) + zeros(2) + snap),
      v4("802.11 qos, four addresses", 105, from_hex("8803 0000") + zeros(26) + zeros(2) + snap),
      v4("802.11 qos, one frame in an aggregate", 105,
         from_hex("8801 0000") + zeros(20) + from_hex("8000") + zeros(12) + from_hex("0029") +
             snap),
      v4("802.11 qos, ht control", 105, from_hex("8881 0000") + zeros(20) + zeros(6) + snap),
      v4("atm clip", 106, snap),
      v4("frame relay, nlpid", 107, from_hex("1861 03 cc")),
      v4("frame relay, snap", 107, from_hex("1861 03 00 80 000000 0800")),
      v4("frame relay, cisco", 107, from_hex("1861 0800")),
      v4("openbsd loop", 108, from_hex("00000002")),
      v4("openbsd ipsec", 109, zeros(12)),
      v4("pflog", 117, from_hex("3d") + zeros(63)),
      v4("ip over firewire", 138, zeros(16) + from_hex("0800")),
      v4("avs", 163, from_hex("80211001 00000040") + zeros(56) + data_frame + snap),
      v4("pppd", 166, from_hex("0103 0021")),
      v4("ppp with direction", 204, from_hex("01 ff03 0021")),
      v4("cisco hdlc with direction", 205, from_hex("01 0f00 0800")),
      v4("netanalyzer", 240, zeros(4) + ethernet(0x0800, "")),
      v4("linux cooked", 113, zeros(14) + from_hex("0800")),
      v4("linux cooked, llc", 113, zeros(14) + from_hex("0004") + snap),
      v4("prism", 119, zeros(144) + data_frame + snap),
      v4("sunatm", 123, from_hex("02 00 0005") + snap),
      v4("sunatm, lan emulation", 123, from_hex("01 00 0005 0001") + ethernet(0x0800, "")),
      v4("radiotap", 127, from_hex("00 00 0900 00000000 00") + data_frame + snap),
      v4("arcnet, rfc 1201", 129, from_hex("01 02 0000 d4 00 0001")),
      v4("arcnet, rfc 1051", 129, from_hex("01 02 0000 f0")),
      v4("pktap 149", 149, pktap + ethernet(0x0800, "")),
      v4("juniper", 178, from_hex("4d4743 01") + ethernet(0x0800, "")),
      v4("juniper, extensions", 178, from_hex("4d4743 80 0003 010203") + ethernet(0x0800, "")),
      v4("ppi", 192, from_hex("00 00 0800 01000000") + ethernet(0x0800, "")),
      v4("ipnet", 226, zeros(24)),
      v4("ipv4", 228, ""),
      v4("nflog", 239, from_hex("02 00 0000 0500 0a00 00 000000 2500 0900")),
      v4("ip over infiniband", 242, zeros(40) + from_hex("0800 0000")),
      v4("pktap", 258, pktap + ethernet(0x0800, "")),
      v4("linux cooked 2", 276, from_hex("0800") + zeros(18)),
      {"null, macos ipv6", LinkType{0}, from_hex("1e000000") + inner_udp6()},
      {"raw ipv6", LinkType{101}, inner_udp6()},
      {"ipv6", LinkType{229}, inner_udp6()},
      {"ethernet ipv6", LinkType{1}, ethernet(0x86dd, inner_udp6())},
      {"ppp ipv6", LinkType{9}, from_hex("ff03 0057") + inner_udp6()},
      {"pppoe", LinkType{51}, from_hex("11 00 0001 0023 0021") + inner_udp4(), Tunnel::pppoe},
  };
}

std::vector<Sample> tunnel_samples() {
  const auto in = [](std::string_view name, Tunnel tunnel, const std::string& bytes) {
    return Sample{std::string(name), ethernet_link, bytes, tunnel};
  };
  const std::string v4 = inner_udp4(), v6 = inner_udp6(), frame = inner_frame();
  const std::string snap = from_hex("aaaa03 000000 0800");
  const std::string data_frame = from_hex("0801 0000") + zeros(20);
  return {
      in("ip in ip", Tunnel::ip_in_ip, over_ip(4, v4)),
      in("6in4", Tunnel::ip_in_ip, over_ip(41, v6)),
      in("gre", Tunnel::gre, over_ip(47, from_hex("0000 0800") + v4)),
      in("gre, all fields", Tunnel::gre, over_ip(47, from_hex("b000 86dd") + zeros(12) + v6)),
      in("gre, teb", Tunnel::gre, over_ip(47, from_hex("0000 6558") + frame)),
      in("gre, pptp", Tunnel::gre,
         over_ip(47, from_hex("3081 880b 0023 0001 00000001 00000002 ff03 0021") + v4)),
      in("erspan 1", Tunnel::erspan, over_ip(47, from_hex("0000 88be") + frame)),
      in("erspan 2", Tunnel::erspan,
         over_ip(47, from_hex("1000 88be 00000001") + zeros(8) + frame)),
      in("erspan 3", Tunnel::erspan,
         over_ip(47, from_hex("1000 22eb 00000001 2000000000000000 0000 8000") + frame)),
      in("erspan 3, platform header", Tunnel::erspan,
         over_ip(47, from_hex("1000 22eb 00000001 2000000000000000 0000 8001") + zeros(8) + frame)),
      in("ah", Tunnel::ah, over_ip(51, from_hex("11 04 0000") + zeros(20) + udp({}, "hello"))),
      in("vxlan", Tunnel::vxlan, over_udp(4789, from_hex("08000000 00007b00") + frame)),
      in("geneve with option", Tunnel::geneve,
         over_udp(6081, from_hex("01 00 6558 00000a00 0000 00 00") + frame)),
      in("geneve with ip", Tunnel::geneve, over_udp(6081, from_hex("00 00 0800 00000a00") + v4)),
      in("gtp-u", Tunnel::gtp_u, over_udp(2152, from_hex("30 ff 0021 00000001") + v4)),
      in("gtp-u, extension", Tunnel::gtp_u,
         over_udp(2152, from_hex("34 ff 0029 00000001 0000 00 85 01 0000 00") + v4)),
      in("capwap, 802.3", Tunnel::capwap, over_udp(5247, from_hex("00 100000 00000000") + frame)),
      in("capwap, 802.11", Tunnel::capwap,
         over_udp(5247, from_hex("00 100300 00000000 0801 0000") + zeros(20) + snap + v4)),
      in("capwap, swapped control", Tunnel::capwap,
         over_udp(5247, from_hex("00 100300 00000000 0108 0000") + zeros(20) + snap + v4)),
      in("teredo", Tunnel::teredo, over_udp(3544, v6)),
      in("teredo, authentication and origin", Tunnel::teredo,
         over_udp(3544, from_hex("0001 00 00") + zeros(9) + from_hex("0000 1234 01020304") + v6)),
      in("mpls", Tunnel::mpls, ethernet(0x8847, from_hex("000100ff 000111ff") + v4)),
      in("mpls pseudowire", Tunnel::mpls, ethernet(0x8847, from_hex("000111ff 00000000") + frame)),
      in("pppoe", Tunnel::pppoe, ethernet(0x8864, from_hex("11 00 0001 0023 0021") + v4)),
      in("vn-tag", Tunnel::none, ethernet(0x8926, from_hex("80000010 0800") + v4)),
      in("vn-tag, vlan", Tunnel::none, ethernet(0x8926, from_hex("80000010 8100 0021 0800") + v4)),
      in("802.1br", Tunnel::none, ethernet(0x893f, from_hex("000000010000 0800") + v4)),
      in("cisco metadata", Tunnel::none, ethernet(0x8909, from_hex("0101 0001 0010 0800") + v4)),
      in("cisco metadata, two options", Tunnel::none,
         ethernet(0x8909, from_hex("0102 0001 0010 0003 0001 0800") + v4)),
      in("hsr", Tunnel::none, ethernet(0x892f, from_hex("0036 0001 0800") + v4)),
      in("prp", Tunnel::none, ethernet(0x0800, v4 + from_hex("0001 a02f 88fb"))),
      in("802.1cb", Tunnel::none, ethernet(0xf1c1, from_hex("0000 0001 0800") + v4)),
      in("backbone", Tunnel::pbb, ethernet(0x88e7, from_hex("00000123") + frame)),
      in("macsec, not encrypted", Tunnel::macsec,
         ethernet(0x88e5, from_hex("00 00 00000001 0800") + v4 + zeros(16))),
      in("macsec, channel and short length", Tunnel::macsec,
         ethernet(0x88e5,
                  from_hex("20 23 00000001 0200000000010001 0800") + v4 + zeros(20) + zeros(16))),
      in("trill", Tunnel::trill, ethernet(0x22f3, from_hex("0040 0001 0002 00000000") + frame)),
      in("fabricpath", Tunnel::fabricpath, ethernet(0x8903, from_hex("0060") + frame)),
      in("nsh", Tunnel::nsh, ethernet(0x894f, from_hex("0fc6 01 03 000001ff") + zeros(16) + frame)),
      in("vxlan as linux had it", Tunnel::vxlan,
         over_udp(8472, from_hex("08000000 00007b00") + frame)),
      in("vxlan-gpe, ip", Tunnel::vxlan, over_udp(4790, from_hex("0c000001 00007b00") + v4)),
      in("vxlan-gpe, frame", Tunnel::vxlan, over_udp(4790, from_hex("0c000003 00007b00") + frame)),
      in("vxlan-gpe, nsh", Tunnel::vxlan,
         over_udp(4790, from_hex("0c000004 00007b00 0fc2 02 01 000001ff") + v4)),
      in("vxlan-gpe without protocol", Tunnel::vxlan,
         over_udp(4790, from_hex("08000000 00007b00") + frame)),
      in("gre in udp", Tunnel::gre, over_udp(4754, from_hex("0000 0800") + v4)),
      in("gre, aruba", Tunnel::gre,
         over_ip(47, from_hex("0000 8210 0801 0000") + zeros(20) + snap + v4)),
      in("gre, aruba, swapped control", Tunnel::gre,
         over_ip(47, from_hex("0000 9000 0108 0000") + zeros(20) + snap + v4)),
      in("eoip", Tunnel::eoip, over_ip(47, from_hex("2001 6400 002f 0100") + frame)),
      in("gre, wccp", Tunnel::gre, over_ip(47, from_hex("0000 883e 00010203") + v4)),
      in("gre, wccp 1", Tunnel::gre, over_ip(47, from_hex("0000 883e") + v4)),
      in("gre, cisco metadata", Tunnel::gre,
         over_ip(47, from_hex("0000 8909 0800 0101 0001 0010") + v4)),
      in("etherip", Tunnel::etherip, over_ip(97, from_hex("3000") + frame)),
      in("l2tp 2", Tunnel::l2tp, over_udp(1701, from_hex("0002 0001 0002 ff03 0021") + v4)),
      in("l2tp 2, all fields", Tunnel::l2tp,
         over_udp(1701, from_hex("4a02 0033 0001 0002 0000 0001 0002 ffff 0021") + v4)),
      in("l2tp 3 over udp", Tunnel::l2tp, over_udp(1701, from_hex("0003 0000 00000007") + frame)),
      in("l2tp 3", Tunnel::l2tp, over_ip(115, from_hex("00000007") + frame)),
      in("l2tp 3, cookie", Tunnel::l2tp, over_ip(115, from_hex("00000007 deadbeef") + frame)),
      in("l2tp 3, cookie and sublayer", Tunnel::l2tp,
         over_ip(115, from_hex("00000007 deadbeefdeadbeef 00000000") + frame)),
      in("l2tp 3, ppp", Tunnel::l2tp, over_ip(115, from_hex("00000007 ff03 0021") + v4)),
      in("tzsp", Tunnel::tzsp, over_udp(37008, from_hex("01 00 0001 00 02 02 0000 01") + frame)),
      in("tzsp, 802.11", Tunnel::tzsp,
         over_udp(37008, from_hex("01 00 0012 01 0801 0000") + zeros(20) + snap + v4)),
      in("tzsp, avs", Tunnel::tzsp,
         over_udp(37008, from_hex("01 00 007f 01 80211001 00000040") + zeros(56) + data_frame +
                             snap + v4)),
      in("ayiya", Tunnel::ayiya,
         over_udp(5072, from_hex("42 52 11 29 5f5e1000") + zeros(16) + zeros(20) + v6)),
      in("outermost of two", Tunnel::vxlan,
         over_udp(4789, from_hex("08000000 00007b00") + over_ip(47, from_hex("0000 0800") + v4))),
  };
}

std::vector<Sample> all_samples() {
  std::vector<Sample> samples = link_samples();
  std::ranges::move(tunnel_samples(), std::back_inserter(samples));
  const std::string quote = ipv4({.protocol = 6}, tcp({}));
  samples.push_back({"vlans", ethernet_link, ethernet(0x0800, inner_udp4(), {{10}, {20}})});
  samples.push_back({"tcp", ethernet_link,
                     ethernet(0x0800, ipv4({.protocol = 6, .options = zeros(4)},
                                           tcp({.options = zeros(12)}, "hello")))});
  samples.push_back(
      {"icmp", ethernet_link, ethernet(0x0800, ipv4({.protocol = 1}, icmp(3, 3, 0, quote)))});
  samples.push_back(
      {"extensions", ethernet_link,
       ethernet(0x86dd, ipv6({.next_header = 0}, from_hex("3c00 000000000000 2c00 000000000000"
                                                          "1100 0001 00000007") +
                                                     udp({}, "hello")))});
  return samples;
}

}  // namespace pcapaudit::test
