// The decoder: every layer by hand-written bytes, then every cut and many mutations of them.
#include <algorithm>
#include <memory>
#include <set>

#include <catch2/catch.hpp>

#include "support/packet_samples.hpp"
#include "support/packets.hpp"

using namespace pcapaudit;
using namespace pcapaudit::test;

namespace {

// What decode() answers for an exact-size heap copy, so that a sanitizer sees a byte too far.
template <class Check>
void decode_copy(std::string_view bytes, LinkType link, std::size_t wire_length, Check check) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  std::ranges::copy(bytes, copy.get());
  const std::string_view view(copy.get(), bytes.size());
  const auto decoded = decode(view_of(view, link, static_cast<std::uint32_t>(wire_length)));
  if (decoded && !decoded->payload.empty()) {
    const auto* begin = as_bytes(view).data();
    REQUIRE(decoded->payload.data() >= begin);
    REQUIRE(decoded->payload.data() + decoded->payload.size() <= begin + view.size());
  }
  if (decoded) REQUIRE(decoded->payload_length >= decoded->payload.size());
  check(decoded);
}

// Owns its payload's text; `payload` itself would outlive the bytes.
struct Answer : Decoded {
  std::string text;
};

Answer decoded(const std::string& bytes, LinkType link = ethernet_link, std::uint32_t wire = 0) {
  const auto answer = decode(view_of(bytes, link, wire));
  REQUIRE(answer.has_value());
  Answer owned{*answer, std::string(as_text(answer->payload))};
  owned.payload = {};
  return owned;
}

DecodeIssue issue(const std::string& bytes, LinkType link = ethernet_link, std::uint32_t wire = 0) {
  const auto answer = decode(view_of(bytes, link, wire));
  REQUIRE_FALSE(answer.has_value());
  return answer.error();
}

}  // namespace

TEST_CASE("decode: every link type and tunnel gives the inner packet") {
  std::vector<Sample> samples = link_samples();
  std::ranges::move(tunnel_samples(), std::back_inserter(samples));
  for (const Sample& sample : samples) {
    CAPTURE(sample.name);
    const auto answer = decode(view_of(sample.bytes, sample.link));
    REQUIRE(answer.has_value());
    const bool v4 = answer->source.v4;
    // AH protects the outer packet's own payload.
    const bool own_addresses = sample.tunnel != Tunnel::ah;
    CHECK(to_text(answer->source) == (!own_addresses ? "10.0.0.1"
                                      : v4           ? "192.0.2.1"
                                                     : "2001:db8::1"));
    CHECK(to_text(answer->destination) == (v4 ? "198.51.100.2" : "2001:db8::2"));
    CHECK(answer->transport == Transport::udp);
    CHECK(answer->source_port == 51000);
    CHECK(answer->destination_port == 53);
    CHECK(as_text(answer->payload) == "hello");
    CHECK(answer->payload_length == 5);
    CHECK(answer->tunnel == sample.tunnel);
    CHECK_FALSE(answer->fragment_head);
  }
}

TEST_CASE("decode: VLAN ids, outermost first, at most four") {
  using Ids = std::vector<std::uint16_t>;
  struct Case {
    std::vector<VlanTag> tags;
    Ids want;
  };
  const Case cases[] = {
      {{}, {}},
      {{{0xe00a}}, {10}},  // priority bits are not the id
      {{{200, 0x88a8}, {300}}, {200, 300}},
      {{{1, 0x9100}, {2, 0x9200}, {3}}, {1, 2, 3}},
      {{{1}, {2}, {3}, {4}, {5}}, {1, 2, 3, 4}},
      {{{0xe000}}, {}},  // a priority tag names no VLAN
      {{{33}, {0}}, {33}},
      {{{0}, {33}}, {33}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.want);
    const Answer answer = decoded(ethernet(0x0800, inner_udp4(), c.tags));
    CHECK(Ids(answer.vlans.begin(), answer.vlans.begin() + answer.vlan_count) == c.want);
    CHECK(answer.text == "hello");
  }
}

TEST_CASE("decode: lengths bound the payload") {
  struct Case {
    std::string_view name;
    std::string ip;
    std::string_view want;
  };
  const Case cases[] = {
      {"padding is not payload", ipv4({.protocol = 6}, tcp({})) + zeros(6), ""},
      {"padding behind udp", inner_udp4() + zeros(13), "hello"},
      {"ip options", ipv4({.options = zeros(8)}, udp({}, "hello")), "hello"},
      {"total length zero", ipv4({.protocol = 6, .total_length = 0}, tcp({}, "hello")), "hello"},
      {"udp length below ip's", ipv4({}, udp({.length = 10}, "hello")), "he"},
      {"udp length zero", ipv4({}, udp({.length = 0}, "hello")), "hello"},
      {"udp length too large", ipv4({}, udp({.length = 900}, "hello")), "hello"},
      {"tcp options", ipv4({.protocol = 6}, tcp({.options = zeros(40)}, "hello")), "hello"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Answer answer = decoded(ethernet(0x0800, c.ip));
    CHECK(answer.text == c.want);
    CHECK(answer.payload_length == c.want.size());
  }
  // Where IP does not say its length, the layers around it do.
  const std::string unbounded = ipv4({.total_length = 0}, udp({.length = 0}, "hello"));
  const std::string snap = from_hex("aaaa03 000000 0800");
  CHECK(decoded(ethernet(8 + 33, snap + unbounded + zeros(9))).text == "hello");
  const std::string session = from_hex("11 00 0001 0023 0021") + unbounded;
  CHECK(decoded(ethernet(0x8864, session + zeros(9))).text == "hello");
  const std::string jumbo = ipv6({.next_header = 0, .payload_length = 0},
                                 from_hex("11 00 c2 04 00010000") + udp({.length = 0}, "hello"));
  CHECK(decoded(ethernet(0x86dd, jumbo)).text == "hello");
}

TEST_CASE("decode: what the snap length cut is still counted") {
  const std::string frame =
      ethernet(0x0800, ipv4({.protocol = 6}, tcp({.options = zeros(12)}, "hello")));
  const auto wire = static_cast<std::uint32_t>(frame.size());
  struct Case {
    std::size_t captured;
    std::string_view payload;
  };
  // Options are not needed to know the flow: a packet cut there is an empty payload, not a loss.
  for (const Case& c : {Case{frame.size() - 2, "hel"}, Case{66, ""}, Case{60, ""}, Case{54, ""}}) {
    CAPTURE(c.captured);
    const std::string cut = frame.substr(0, c.captured);
    const Answer answer = decoded(cut, ethernet_link, wire);
    CHECK(answer.text == c.payload);
    CHECK(answer.payload_length == 5);
    CHECK(answer.source_port == 51000);
  }
  // A capture that says less was sent than it holds.
  CHECK(decoded(frame, ethernet_link, 20).text == "hello");
  for (const std::size_t captured : {0, 13, 20, 33, 34, 47}) {
    CAPTURE(captured);
    CHECK(issue(frame.substr(0, captured), ethernet_link, wire) == DecodeIssue::truncated);
  }
}

TEST_CASE("decode: TCP fields") {
  const Answer answer =
      decoded(ethernet(0x0800, ipv4({.protocol = 6}, tcp({.source_port = 1,
                                                          .destination_port = 65535,
                                                          .sequence = 0xfffffffe,
                                                          .acknowledgment = 0x01020304,
                                                          .flags = TcpHeader::syn | TcpHeader::ack,
                                                          .window = 0xabcd}))));
  CHECK(answer.transport == Transport::tcp);
  CHECK(answer.source_port == 1);
  CHECK(answer.destination_port == 65535);
  CHECK(answer.tcp.sequence == 0xfffffffe);
  CHECK(answer.tcp.acknowledgment == 0x01020304);
  CHECK(answer.tcp.flags == 0x12);
  CHECK(answer.tcp.window == 0xabcd);
}

TEST_CASE("decode: ICMP echo and errors") {
  const Answer echo = decoded(ethernet(0x0800, ipv4({.protocol = 1}, icmp(8, 0, 0xbeef0001))));
  CHECK(echo.transport == Transport::icmp);
  CHECK(echo.icmp_type == 8);
  CHECK(echo.icmp_identifier == 0xbeef);
  CHECK_FALSE(echo.quoted);
  const Answer echo6 =
      decoded(ethernet(0x86dd, ipv6({.next_header = 58}, icmp(129, 0, 0x00070001))));
  CHECK(echo6.icmp_type == 129);
  CHECK(echo6.icmp_identifier == 7);

  // RFC 792 promises no more than eight bytes of the transport header.
  const std::string quoted4 = ipv4({.protocol = 6, .options = zeros(4)}, tcp({})).substr(0, 32);
  const Answer refused = decoded(ethernet(0x0800, ipv4({.protocol = 1}, icmp(3, 13, 0, quoted4))));
  CHECK(refused.icmp_type == 3);
  CHECK(refused.icmp_code == 13);
  CHECK(refused.icmp_identifier == 0);
  REQUIRE(refused.quoted);
  CHECK(refused.quoted->transport == Transport::tcp);
  CHECK(to_text(refused.quoted->source) == "192.0.2.1");
  CHECK(to_text(refused.quoted->destination) == "198.51.100.2");
  CHECK(refused.quoted->source_port == 51000);
  CHECK(refused.quoted->destination_port == 443);

  const Answer expired =
      decoded(ethernet(0x86dd, ipv6({.next_header = 58}, icmp(3, 0, 0, inner_udp6()))));
  REQUIRE(expired.quoted);
  CHECK(expired.quoted->transport == Transport::udp);
  CHECK(to_text(expired.quoted->destination) == "2001:db8::2");
  CHECK(expired.quoted->destination_port == 53);

  const std::string later_fragment = ipv4({.protocol = 6, .fragment = 0x00b9}, tcp({}));
  const std::string exceeded = icmp(11, 1, 0, later_fragment);
  CHECK_FALSE(decoded(ethernet(0x0800, ipv4({.protocol = 1}, exceeded))).quoted);
  const std::string short_quote = icmp(3, 3, 0, quoted4.substr(0, 26));
  CHECK_FALSE(decoded(ethernet(0x0800, ipv4({.protocol = 1}, short_quote))).quoted);
}

TEST_CASE("decode: ICMP in a UDP tunnel has no ports") {
  const std::string inner = ipv4({.protocol = 1, .source = "192.0.2.9"}, icmp(8, 0, 0x00010001));
  const Answer answer = decoded(over_udp(2152, from_hex("30 ff 001c 00000001") + inner));
  CHECK(answer.transport == Transport::icmp);
  CHECK(to_text(answer.source) == "192.0.2.9");
  CHECK(answer.tunnel == Tunnel::gtp_u);
  CHECK(answer.source_port == 0);
  CHECK(answer.destination_port == 0);
}

TEST_CASE("decode: IP protocols without a reader of their own are packets of two hosts") {
  struct Case {
    std::string_view name;
    std::string bytes;
    std::string_view want;
    std::uint16_t source_port = 0, destination_port = 0;
  };
  const std::string sctp = from_hex("0b4f 0f1c 00000001 00000000") + "chunk";
  const Case cases[] = {
      {"ospf", over_ip(89, zeros(24)), "ospf"},
      {"esp", over_ip(50, zeros(24)), "esp"},
      {"esp without a byte", over_ip(50, ""), "esp"},
      {"no name", over_ip(253, zeros(4)), "253"},
      {"no next header", ethernet(0x86dd, ipv6({.next_header = 59}, "")), "59"},
      {"esp behind extensions",
       ethernet(0x86dd, ipv6({.next_header = 60}, from_hex("3200") + zeros(6) + zeros(24))), "esp"},
      {"sctp", over_ip(132, sctp), "sctp", 2895, 3868},
      {"dccp", over_ip(33, sctp), "dccp", 2895, 3868},
      {"udp-lite", over_ip(136, sctp), "udplite", 2895, 3868},
      // A tunnel in which nothing can be read.
      {"gre keepalive", over_ip(47, from_hex("0000 0000")), "gre"},
      {"gre with routing", over_ip(47, from_hex("4000 0800 00000000") + inner_udp4()), "gre"},
      {"gre of one byte", over_ip(47, "x"), "gre"},
      {"arp in gre", over_ip(47, from_hex("0000 6558") + ethernet(0x0806, zeros(28))), "gre"},
      {"lcp in pptp", over_ip(47, from_hex("3001 880b 0008 0007 00000000 c021 01010004")), "gre"},
      {"noise in ip", over_ip(4, zeros(40)), "ipip"},
      {"noise in 6in4", over_ip(41, "no packet"), "6in4"},
      {"ah cut short", over_ip(51, from_hex("06ff")), "ah"},
      // The innermost one that can be read counts.
      {"esp in gre", over_ip(47, from_hex("0000 0800") + ipv4({.protocol = 50}, zeros(24))), "esp"},
      {"noise in gre in ip",
       over_ip(4, ipv4({.protocol = 47, .source = "192.0.2.9"}, from_hex("0000 0000"))), "gre"},
      {"esp in vxlan",
       over_udp(4789, from_hex("08000000 00007b00") +
                          ethernet(0x0800, ipv4({.protocol = 50}, zeros(24)))),
       "esp"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Answer answer = decoded(c.bytes);
    CHECK(to_text(answer.transport) == c.want);
    CHECK(answer.source_port == c.source_port);
    CHECK(answer.destination_port == c.destination_port);
  }
  const std::string mirrored = from_hex("0000 88be") + ethernet(0x0806, zeros(28));
  CHECK(issue(over_ip(47, mirrored)) == DecodeIssue::not_ip);
  CHECK(issue(over_ip(132, "short")) == DecodeIssue::malformed);
}

TEST_CASE("decode: transports by name and number") {
  for (unsigned protocol = 0; protocol < transport_count; ++protocol) {
    CAPTURE(protocol);
    const Transport transport = transport_of(static_cast<std::uint8_t>(protocol));
    CHECK(parse_transport(to_text(transport)) == transport);
    CHECK(parse_transport(std::to_string(protocol)) == transport);
  }
  CHECK(transport_of(58) == Transport::icmp);
  for (const std::string_view word : {"", "256", "-1", "tcpp", "TCP", "6 ", "0x6"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_transport(word));
  }
}

TEST_CASE("decode: what tells one network from another") {
  const auto network = [](const std::string& bytes) { return decoded(bytes).network; };
  const auto tagged = [](std::vector<VlanTag> tags) {
    return ethernet(0x0800, inner_udp4(), tags);
  };
  const std::string plain = ethernet(0x0800, inner_udp4());
  const auto gre = [](std::string_view header) {
    return over_ip(47, from_hex(header) + inner_udp4());
  };
  const auto vxlan = [](std::string_view vni) {
    return over_udp(4789, from_hex("08000000") + from_hex(vni) + from_hex("00") + inner_frame());
  };
  const auto mpls = [](std::string_view labels) {
    return ethernet(0x8847, from_hex(labels) + inner_udp4());
  };
  CHECK(network(plain) == 0);
  CHECK(network(gre("0000 0800")) == 0);
  const std::vector<std::vector<std::string>> kinds = {
      {tagged({{.id = 10}}), tagged({{.id = 20}}), tagged({{.id = 10}, {.id = 20}}),
       tagged({{.id = 20}, {.id = 10}})},
      {vxlan("00000a"), vxlan("000014"), vxlan("000000")},
      {gre("2000 0800 0000000a"), gre("2000 0800 00000014"), gre("2000 0800 00000000")},
      {over_udp(2152, from_hex("30 ff 001c 0000000a") + inner_udp4()),
       over_udp(2152, from_hex("30 ff 001c 00000014") + inner_udp4())},
      {over_udp(6081, from_hex("00 00 0800 00000b00") + inner_udp4()),
       over_udp(6081, from_hex("00 00 0800 00001500") + inner_udp4())},
      {ethernet(0x8864, from_hex("11 00 000a 0023 0021") + inner_udp4()),
       ethernet(0x8864, from_hex("11 00 0014 0023 0021") + inner_udp4())},
      {mpls("0000a1ff"), mpls("000141ff")}};
  std::set<std::uint32_t> seen = {0};
  for (const auto& kind : kinds) {
    for (const std::string& bytes : kind) CHECK(seen.insert(network(bytes)).second);
  }
  CHECK(network(tagged({{.id = 10}})) == network(tagged({{.id = 10}})));
  // The way through the provider's network is not the network.
  CHECK(network(mpls("000640ff 0000a1ff")) == network(mpls("0000a1ff")));
  // The length of a PPTP packet is not its session.
  CHECK(network(gre("3001 880b 0019 0007 00000000 0021")) ==
        network(gre("3001 880b 0018 0007 00000001 0021")));
  CHECK(decoded(vxlan("00000a")).tunnel_id == 10);
  CHECK(decoded(plain).tunnel_id == 0);
}

TEST_CASE("decode: a tunnel's port without the tunnel is UDP") {
  struct Case {
    std::string_view name;
    std::uint16_t port;
    std::string payload;
  };
  const std::string arp = ethernet(0x0806, zeros(28));
  const Case cases[] = {
      {"vxlan: empty", 4789, ""},
      {"vxlan: no VNI flag", 4789, from_hex("00000000 00000000") + inner_frame()},
      {"vxlan: ARP inside", 4789, from_hex("08000000 00007b00") + arp},
      {"vxlan: cut inside", 4789, from_hex("08000000 00007b00") + inner_frame().substr(0, 30)},
      {"geneve: version", 6081, from_hex("40 00 0800 00000a00") + inner_udp4()},
      {"geneve: options too long", 6081, from_hex("3f 00 0800 00000a00") + inner_udp4()},
      {"gtp-u: echo request", 2152, from_hex("32 01 0004 00000000 0000 00 00")},
      {"gtp-u: extension of no length", 2152, from_hex("34 ff 0008 00000001 0000 00 85 00000000")},
      {"capwap: dtls", 5247, from_hex("01 000000") + inner_frame()},
      {"capwap: fragment", 5247, from_hex("00 100080 00000000") + inner_frame()},
      {"l2tp: control", 1701, from_hex("c802 000c 0000 0000 0000 0000")},
      {"l2tp: version 3, control", 1701, from_hex("0003 0000 00000000") + inner_frame()},
      {"l2tp: version 3, nothing that can be read", 1701,
       from_hex("0003 0000 00000007") + zeros(60)},
      {"tzsp: keep-alive", 37008, from_hex("01 04 0000 01")},
      {"tzsp: fields without end", 37008, from_hex("01 00 0001 02 09") + inner_frame()},
      {"ayiya: no operation", 5072, from_hex("42 52 10 29 5f5e1000") + zeros(36) + inner_udp6()},
      {"gre in udp: keep-alive", 4754, from_hex("0000 0000")},
      {"vxlan-gpe: a protocol that is not known", 4790,
       from_hex("0c000009 00007b00") + inner_udp4()},
      {"teredo: text", 3544, "not IPv6 at all"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const Answer answer = decoded(over_udp(c.port, c.payload));
    CHECK(answer.transport == Transport::udp);
    CHECK(to_text(answer.source) == "10.0.0.1");
    CHECK(answer.destination_port == c.port);
    CHECK(answer.tunnel == Tunnel::none);
    CHECK(answer.payload_length == c.payload.size());
    CHECK(answer.vlan_count == 0);
  }
}

TEST_CASE("decode: fragments") {
  const std::string datagram = udp({.length = 3000}, "hello");
  CHECK(decoded(ethernet(0x0800, ipv4({.fragment = 0x2000}, datagram))).fragment_head);
  CHECK_FALSE(decoded(ethernet(0x0800, ipv4({.fragment = 0x4000}, datagram))).fragment_head);
  CHECK(issue(ethernet(0x0800, ipv4({.fragment = 0x00b9}, datagram))) == DecodeIssue::fragment);
  const auto fragment6 = [&](std::string_view header) {
    return ethernet(0x86dd, ipv6({.next_header = 44}, from_hex(header) + datagram));
  };
  CHECK(decoded(fragment6("1100 0001 00000007")).fragment_head);
  CHECK_FALSE(decoded(fragment6("1100 0000 00000007")).fragment_head);
  CHECK(issue(fragment6("1100 05a8 00000007")) == DecodeIssue::fragment);
  // The first fragment of a tunnel's packet does not hold the whole inner packet.
  const std::string tunnel = ipv4({.protocol = 4, .fragment = 0x2000}, inner_udp4());
  CHECK(decoded(ethernet(0x0800, tunnel)).fragment_head);
}

TEST_CASE("decode: why a packet has no flow") {
  struct Case {
    std::string_view name;
    std::string bytes;
    DecodeIssue want;
    std::uint32_t link = 1;
  };
  std::string nested = udp({}, "hello");
  for (int i = 0; i < 40; ++i)
    nested = ipv4({.protocol = i == 0 ? std::uint8_t{17} : std::uint8_t{4}}, nested);
  std::string extensions = udp({}, "hello");
  for (int i = 0; i < 40; ++i)
    extensions = from_hex(i == 0 ? "1100" : "3c00") + zeros(6) + extensions;
  const std::string ppi = from_hex("00 00 0800 c0000000");
  const auto pppoe = [](std::string_view header) {
    return ethernet(0x8864, from_hex(header) + from_hex("0021") + inner_udp4());
  };
  const Case cases[] = {
      {"arp", ethernet(0x0806, zeros(28)), DecodeIssue::not_ip},
      {"spanning tree", ethernet(38, from_hex("424203") + zeros(35)), DecodeIssue::not_ip},
      {"cisco's SNAP", ethernet(41, from_hex("aaaa03 00000c 0800") + inner_udp4()),
       DecodeIssue::not_ip},
      {"beacon", from_hex("8000 0000") + zeros(40), DecodeIssue::not_ip, 105},
      {"encrypted wlan", from_hex("0841 0000") + zeros(60), DecodeIssue::encrypted, 105},
      {"macsec, encrypted", ethernet(0x88e5, from_hex("0c 00 00000001") + zeros(60)),
       DecodeIssue::encrypted},
      {"two frames in an aggregate",
       from_hex("8801 0000") + zeros(20) + from_hex("8000") + zeros(12) + from_hex("0029") +
           zeros(41) + zeros(1) + zeros(12) + from_hex("0029") + zeros(41),
       DecodeIssue::aggregate, 105},
      {"fddi station management", from_hex("41") + zeros(60), DecodeIssue::not_ip, 10},
      {"token ring management", from_hex("1000") + zeros(60), DecodeIssue::not_ip, 6},
      {"hsr supervision", ethernet(0x88fb, zeros(40)), DecodeIssue::not_ip},
      {"lcp", from_hex("ff03 c021 01010004"), DecodeIssue::not_ip, 9},
      {"pppoe discovery in session", pppoe("11 a7 0001 0023"), DecodeIssue::not_ip},
      {"pppoe version", pppoe("21 00 0001 0023"), DecodeIssue::malformed},
      {"mpls oam channel", ethernet(0x8847, from_hex("000111ff 10000021") + inner_udp4()),
       DecodeIssue::not_ip},
      {"bluetooth", zeros(60), DecodeIssue::unsupported_link, 187},
      {"private use, not pktap", zeros(120), DecodeIssue::unsupported_link, 149},
      {"pktap header of no length", zeros(120), DecodeIssue::malformed, 258},
      {"ip of version 5", ethernet(0x0800, from_hex("55") + zeros(60)), DecodeIssue::malformed},
      {"ip header of 16 bytes", from_hex("44") + inner_udp4().substr(1), DecodeIssue::malformed,
       101},
      {"total below header", ethernet(0x0800, ipv4({.total_length = 19}, udp({}))),
       DecodeIssue::malformed},
      {"udp length 7", ethernet(0x0800, ipv4({}, udp({.length = 7}))), DecodeIssue::malformed},
      {"tcp header of 16 bytes", over_ip(6, tcp({}).replace(12, 1, "\x40")),
       DecodeIssue::malformed},
      {"tcp header past the packet", over_ip(6, tcp({}).replace(12, 1, "\xf0")),
       DecodeIssue::malformed},
      {"ends inside udp", ethernet(0x0800, ipv4({}, "1234567")), DecodeIssue::malformed},
      {"ip in ip in ip", ethernet(0x0800, nested), DecodeIssue::nesting_cap},
      {"endless vlans", ethernet(0x0800, inner_udp4(), std::vector<VlanTag>(64)),
       DecodeIssue::nesting_cap},
      {"endless extensions", ethernet(0x86dd, ipv6({.next_header = 60}, extensions)),
       DecodeIssue::nesting_cap},
      {"ppi in ppi", ppi + from_hex("00 00 0800 65000000") + inner_udp4(), DecodeIssue::malformed,
       192},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(issue(c.bytes, LinkType{c.link}) == c.want);
  }
}

TEST_CASE("decode: every prefix of every packet") {
  for (const Sample& sample : all_samples()) {
    CAPTURE(sample.name);
    for (std::size_t size = 0; size <= sample.bytes.size(); ++size) {
      CAPTURE(size);
      const std::string_view prefix = std::string_view(sample.bytes).substr(0, size);
      decode_copy(prefix, sample.link, sample.bytes.size(), [&](const auto& cut) {
        // The snap length cut it: never called a contradiction.
        if (!cut) CHECK(cut.error() == DecodeIssue::truncated);
      });
      decode_copy(prefix, sample.link, size, [](const auto&) {});
    }
  }
}

TEST_CASE("decode: every byte changed stays inside the packet") {
  for (const Sample& sample : all_samples()) {
    CAPTURE(sample.name);
    for (std::size_t i = 0; i < sample.bytes.size(); ++i) {
      const int original = static_cast<unsigned char>(sample.bytes[i]);
      for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff, original ^ 0x10, original + 1}) {
        std::string changed = sample.bytes;
        changed[i] = static_cast<char>(value);
        decode_copy(changed, sample.link, changed.size(), [](const auto&) {});
      }
    }
  }
}

// Plain packets are not walked layer by layer; behind another link type the same packet is.
TEST_CASE("decode: an IPv4 packet says the same behind Ethernet and without") {
  constexpr LinkType raw_ipv4{228};
  const auto fields = [](const std::expected<Decoded, DecodeIssue>& answer) {
    if (!answer) return std::string(to_text(answer.error()));
    const Decoded& it = *answer;
    std::string all;
    for (const std::string_view text : {to_text(it.transport), to_text(it.tunnel)}) {
      all.append(text).append(" ");
    }
    all +=
        to_text(it.source) + " " + to_text(it.destination) + " " + std::string(as_text(it.payload));
    for (const std::uint32_t number :
         {std::uint32_t{it.source_port}, std::uint32_t{it.destination_port},
          std::uint32_t{it.ip_identification}, std::uint32_t{it.checksum}, it.tcp.sequence,
          it.tcp.acknowledgment, std::uint32_t{it.tcp.window}, std::uint32_t{it.tcp.flags},
          std::uint32_t{it.tcp.window_shift}, it.payload_length, std::uint32_t{it.fragment_head}}) {
      all += " " + std::to_string(number);
    }
    return all;
  };
  const auto compare = [&](const std::string& ip, std::size_t captured) {
    const std::string frame = ethernet(0x0800, ip);
    const std::size_t header = frame.size() - ip.size();
    const auto wire = static_cast<std::uint32_t>(ip.size());
    const auto ethernet_wire = static_cast<std::uint32_t>(frame.size());
    const std::string_view cut = std::string_view(frame).substr(0, header + captured);
    CHECK(fields(decode(view_of(cut, ethernet_link, ethernet_wire))) ==
          fields(decode(view_of(cut.substr(header), raw_ipv4, wire))));
  };
  const std::string packets[] = {
      ipv4({.protocol = 6}, tcp({.flags = TcpHeader::syn, .options = from_hex("01 030307")})),
      ipv4({.protocol = 6}, tcp({}, "hello")) + zeros(6),
      ipv4({.protocol = 6, .total_length = 0}, tcp({}, "hello")),
      ipv4({}, udp({}, "hello")),
      ipv4({}, udp({.destination_port = 4789},
                   from_hex("08000000 00000100") + ethernet(0x0800, inner_udp4()))),
  };
  for (const std::string& packet : packets) {
    for (std::size_t size = 0; size <= packet.size(); ++size) {
      CAPTURE(size);
      compare(packet, size);
    }
    for (std::size_t i = 0; i < packet.size(); ++i) {
      for (int value = 0; value < 256; ++value) {
        CAPTURE(i, value);
        std::string changed = packet;
        changed[i] = static_cast<char>(value);
        compare(changed, changed.size());
      }
    }
  }
}

TEST_CASE("decode: names") {
  CHECK(to_text(Transport::tcp) == "tcp");
  CHECK(to_text(Transport::icmp) == "icmp");
  CHECK(to_text(Tunnel::none).empty());
  CHECK(to_text(Tunnel::erspan) == "erspan");
  CHECK(to_text(Tunnel::ip_in_ip) == "ip-in-ip");
  CHECK(to_text(Tunnel::gtp_u) == "gtp-u");
  CHECK(to_text(Tunnel::teredo) == "teredo");
  CHECK(to_text(DecodeIssue::not_ip) == "not-ip");
  CHECK(to_text(DecodeIssue::unsupported_link) == "unsupported-link");
  CHECK(to_text(DecodeIssue::nesting_cap) == "nesting-cap");
}
