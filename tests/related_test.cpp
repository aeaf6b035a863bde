// FTP data and SIP media belong to the control connection that announced them, and are allowed by
// its row when it says `related = true`: over the whole line, whatever the number of workers.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "dissectors/signatures/ftp_ports.hpp"
#include "policy/policy.hpp"
#include "report/text/explain.hpp"
#include "run/pipeline.hpp"
#include "store/store.hpp"
#include "support/packets.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

using Lines = std::vector<std::string>;
using std::string_literals::operator""s;

class StoreSink final : public FlowSink {
 public:
  explicit StoreSink(Store& store) : store_(store) {}
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) override {
    return store_.accept(flows, late);
  }
  Result<void> mark_unheard(std::span<const std::uint64_t> flows) override {
    return store_.mark_unheard(flows);
  }

 private:
  Store& store_;
};

struct End {
  std::string address;
  std::uint16_t port = 0;
};

// A pcap file, packet by packet; `vlan` tags what comes.
class Capture {
 public:
  std::uint16_t vlan = 0;

  Capture& udp(double second, const End& from, const End& to, std::string_view payload) {
    const std::string datagram =
        test::udp({.source_port = from.port, .destination_port = to.port}, payload);
    return add(second, 17, from, to, datagram);
  }
  // A connection with the messages of both sides in turn, the opener's first; "" is no packet.
  Capture& tcp(double second, const End& client, const End& server, const Lines& messages) {
    std::uint32_t next[2] = {1000, 5000};
    const End* const ends[] = {&client, &server};
    const auto send = [&](std::size_t side, std::uint8_t flags, std::string_view payload) {
      const std::string segment = test::tcp({.source_port = ends[side]->port,
                                             .destination_port = ends[1 - side]->port,
                                             .sequence = next[side],
                                             .acknowledgment = next[1 - side],
                                             .flags = flags},
                                            payload);
      add(second += 0.001, 6, *ends[side], *ends[1 - side], segment);
      const bool takes_number = (flags & (TcpHeader::syn | TcpHeader::fin)) != 0;
      next[side] += static_cast<std::uint32_t>(payload.size()) + (takes_number ? 1 : 0);
    };
    send(0, TcpHeader::syn, "");
    send(1, TcpHeader::syn | TcpHeader::ack, "");
    send(0, TcpHeader::ack, "");
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].empty()) continue;
      send(i % 2, TcpHeader::ack | TcpHeader::psh, messages[i]);
      send(1 - i % 2, TcpHeader::ack, "");
    }
    send(0, TcpHeader::fin | TcpHeader::ack, "");
    send(1, TcpHeader::fin | TcpHeader::ack, "");
    send(0, TcpHeader::ack, "");
    return *this;
  }

  // Judged by `policy`, closed.
  std::unique_ptr<Store> audit(const std::string& policy_text, unsigned workers = 1) const {
    const test::TempDir folder;
    const std::string path = folder.write("related.pcap", bytes_);
    const auto policy = load_policy_texts({{"site.toml", policy_text}});
    if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
    auto store = Store::create(":memory:", false);
    REQUIRE(store);
    REQUIRE((*store)->write_policy(*policy));
    StoreSink sink(**store);
    const auto summary = run({.inputs = {path},
                              .source = {},
                              .policy = &*policy,
                              .workers = workers,
                              .progress = {},
                              .interrupted = nullptr},
                             sink);
    REQUIRE(summary);
    REQUIRE((*store)->finish({.tool_version = "test", .arguments = {}, .partial = false},
                             summary->captures));
    return std::move(*store);
  }

 private:
  Capture& add(double second, std::uint8_t protocol, const End& from, const End& to,
               const std::string& segment) {
    std::vector<test::VlanTag> tags;
    if (vlan != 0) tags.push_back({.id = vlan});
    const std::string frame = test::ethernet(
        0x0800,
        test::ipv4({.protocol = protocol, .source = from.address, .destination = to.address},
                   segment),
        tags);
    const auto microseconds = static_cast<std::uint64_t>(second * 1e6);
    word(static_cast<std::uint32_t>(1'700'000'000 + microseconds / 1'000'000));
    word(static_cast<std::uint32_t>(microseconds % 1'000'000));
    word(static_cast<std::uint32_t>(frame.size()));
    word(static_cast<std::uint32_t>(frame.size()));
    bytes_ += frame;
    return *this;
  }
  void word(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(value >> shift & 0xffU);
  }

  std::string bytes_ =
      "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x01\x00\x00\x00"s;
};

Lines lines(const Store& store, const std::string& sql) {
  const auto table = store.query(sql);
  if (!table) return {"error: " + table.error().what};
  Lines all;
  for (const auto& row : table->rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? " " : "") + row[i];
    all.push_back(line);
  }
  return all;
}

// Server port, application, verdict, rule.
Lines flows(const Store& store) {
  return lines(store, "SELECT server_port, app, verdict, rule FROM flow ORDER BY id");
}

const std::string site = R"(format = 1
[site]
name = "S"
timezone = "UTC"
internal_networks = ["10.0.0.0/8"]
[role.files]
title = "file server"
[role.user]
title = "user"
[role.phones]
title = "phones"
[bind.files]
addresses = ["10.0.0.21"]
[bind.user]
addresses = ["10.0.0.5", "10.0.0.6"]
[bind.phones]
addresses = ["10.0.1.0/24"]
)";
const std::string ftp_row = R"([[flow]]
id = "ftp"
from = "user"
to = "files"
port = 21
app = "ftp"
why = "w"
owner = "o"
approved = 2026-01-01
)";
const std::string sip_row = R"([[flow]]
id = "sip"
from = "phones"
to = "phones"
transport = "udp"
port = 5060
app = "sip"
why = "w"
owner = "o"
approved = 2026-01-01
)";
const std::string related = "related = true\n";

const End user{"10.0.0.5", 50000}, files{"10.0.0.21", 21};
// A session that announces two ports of the server, and one of the client.
const Lines session = {"",
                       "220 FTP here\r\n",
                       "USER bob\r\n",
                       "331 pass\r\n",
                       "PASV\r\n",
                       "227 Entering Passive Mode (10,0,0,21,156,64).\r\n",
                       "EPSV\r\n",
                       "229 Extended (|||40001|)\r\n",
                       "PORT 10,0,0,5,195,81\r\n",
                       "200 fine\r\n"};
End at(const End& end, std::uint16_t port) {
  return {end.address, port};
}

Capture ftp() {
  Capture capture;
  capture.tcp(1, user, files, session);
  return capture;
}

TEST_CASE("related: FTP announcements, as the RFCs write them") {
  struct Case {
    Direction dir;
    std::string line;
    int port;  // 0: none
  };
  const auto out = Direction::to_server, in = Direction::to_client;
  const Case cases[] = {
      {out, "PORT 10,0,0,5,195,81\r", 50001},
      {out, "port 10,0,0,5,0,20", 20},
      {out, "PORT 10,0,0,5,195", 0},
      {out, "PORT 10,0,0,5,256,1", 0},
      {out, "PORT 10,0,0,5,0,0", 0},
      {out, "EPRT |1|132.235.1.2|6275|\r", 6275},
      {out, "EPRT |2|1080::8:800:200C:417A|5282|", 5282},
      {out, "EPRT !1!132.235.1.2!6275!", 6275},
      {out, "EPRT |1|132.235.1.2|65536|", 0},
      {out, "EPRT |1|132.235.1.2|6275", 0},
      {out, "227 Entering Passive Mode (1,2,3,4,5,6)", 0},
      {in, "227 Entering Passive Mode (1,2,3,4,5,6).", 1286},
      {in, "227 =1,2,3,4,5,6", 1286},
      {in, "227 2nd mode 1,2,3,4,5,6", 1286},
      {in, "227 Entering Passive Mode (1,2,3,4,5)", 0},
      {in, "229 Entering Extended Passive Mode (|||6446|)\r", 6446},
      {in, "229 Entering Extended Passive Mode |||6446|", 0},
      {in, "PORT 10,0,0,5,195,81", 0},
      {in, "22", 0},
      {out, "", 0},
  };
  for (const Case& it : cases) {
    CAPTURE(it.line);
    CHECK(announced_port(it.dir, it.line).value_or(0) == it.port);
    for (std::size_t cut = 0; cut < it.line.size(); ++cut) {  // nothing is read beyond the end
      const std::string part = it.line.substr(0, cut);
      (void)announced_port(it.dir, part);
    }
  }
}

TEST_CASE("related: data connections are allowed by the row of the session that announced them") {
  const Capture capture = ftp()
                              .tcp(2, at(user, 50100), at(files, 40000), {"", "-rw-r--r-- a"})
                              .tcp(3, at(user, 50101), at(files, 40001), {"bytes of a file"})
                              .tcp(4, at(files, 20), at(user, 50001), {"\x01\x02\x03"})
                              .tcp(5, at(user, 50102), at(files, 40002), {"", "never announced"});
  const auto store = capture.audit(site + ftp_row + related);
  CHECK(flows(*store) == Lines{"21 ftp allowed ftp", "40000 unknown allowed ftp",
                               "40001 unknown allowed ftp", "50001 unknown allowed ftp",
                               "40002 unknown violation "});
  CHECK(lines(*store, "SELECT how, side, kind FROM related ORDER BY flow") ==
        Lines{"ftp-data server passive", "ftp-data server passive", "ftp-data server active"});
  CHECK(lines(*store,
              "SELECT DISTINCT related_to = (SELECT min(id) FROM flow), control_rule, "
              "verdict FROM v_related ORDER BY 1") == Lines{"1 ftp allowed"});
  // Sums, findings and matrix say the same as the flows.
  CHECK(lines(*store,
              "SELECT verdict, sum(flows), sum(packets_c2s + packets_s2c) FROM flow_group "
              "GROUP BY verdict ORDER BY 1") ==
        lines(*store,
              "SELECT verdict, count(*), sum(packets_c2s + packets_s2c) FROM flow "
              "GROUP BY verdict ORDER BY 1"));
  CHECK(lines(*store,
              "SELECT server_port, flows FROM v_finding WHERE kind = 'undocumented' "
              "ORDER BY 1") == Lines{"40002 1"});
  CHECK(lines(*store, "SELECT flows FROM v_rule_usage WHERE rule = 'ftp' ORDER BY 1") ==
        Lines{"4"});

  const std::string id = lines(*store,
                               "SELECT id FROM flow WHERE server_port = 40000 "
                               "ORDER BY 1")[0];
  const auto text = explain(*store, id);
  REQUIRE(text);
  CHECK(text->find("(FTP data), which is allowed") != std::string::npos);
  CHECK(text->find("allowed by ftp") != std::string::npos);

  // Without the word in the row they are related, and undocumented all the same.
  const auto strict = capture.audit(site + ftp_row);
  CHECK(lines(*strict, "SELECT verdict, count(*) FROM v_related GROUP BY 1 ORDER BY 1") ==
        Lines{"violation 3"});
}

TEST_CASE("related: what an announcement does not cover") {
  const std::string policy = site + ftp_row + related;
  const auto last = [](const std::unique_ptr<Store>& store) { return flows(*store).back(); };
  SECTION("another protocol on the port") {
    CHECK(last(ftp()
                   .tcp(2, at(user, 50100), at(files, 40000), {"SSH-2.0-x\r\n", "SSH-2.0-y\r\n"})
                   .audit(policy)) == "40000 ssh violation ");
  }
  SECTION("another host") {
    CHECK(last(ftp().tcp(2, {"10.0.0.6", 50100}, at(files, 40000), {"", "x"}).audit(policy)) ==
          "40000 unknown violation ");
  }
  SECTION("the port at the other end") {
    CHECK(last(ftp().tcp(2, at(files, 50100), at(user, 40000), {"", "x"}).audit(policy)) ==
          "40000 unknown violation ");
  }
  SECTION("from the announced port") {
    CHECK(last(ftp().tcp(2, at(files, 40000), at(user, 7000), {"", "x"}).audit(policy)) ==
          "7000 unknown violation ");
  }
  SECTION("UDP") {
    CHECK(last(ftp().udp(2, at(user, 50100), at(files, 40000), "x").audit(policy)) ==
          "40000 unknown violation ");
  }
  SECTION("long after the session") {
    CHECK(last(ftp().tcp(290, at(user, 50100), at(files, 40000), {"", "x"}).audit(policy)) ==
          "40000 unknown allowed ftp");
    CHECK(last(ftp().tcp(310, at(user, 50100), at(files, 40000), {"", "x"}).audit(policy)) ==
          "40000 unknown violation ");
  }
  SECTION("before the session") {
    Capture capture;
    capture.tcp(0, at(user, 50100), at(files, 40000), {"", "x"}).tcp(1, user, files, session);
    CHECK(flows(*capture.audit(policy)).front() == "40000 unknown violation ");
  }
  SECTION("the same addresses in another network") {
    Capture capture = ftp();
    capture.vlan = 7;
    capture.tcp(2, at(user, 50100), at(files, 40000), {"", "x"});
    CHECK(last(capture.audit(policy)) == "40000 unknown violation ");
  }
  SECTION("a session that is not allowed itself") {
    Capture capture;
    capture.tcp(1, user, at(files, 2121), session)
        .tcp(2, at(user, 50100), at(files, 40000), {"", "x"});
    CHECK(flows(*capture.audit(policy)) ==
          Lines{"2121 ftp violation ", "40000 unknown violation "});
  }
}

TEST_CASE("related: more announcements than are kept are told") {
  Lines long_session = {"", "220 FTP here\r\n"};
  for (int i = 0; i < static_cast<int>(FtpPorts::cap) + 1; ++i) {
    long_session.push_back("EPSV\r\n");
    long_session.push_back("229 x (|||" + std::to_string(20000 + i) + "|)\r\n");
  }
  Capture capture;
  capture.tcp(1, user, files, long_session)
      .tcp(9, at(user, 50100), at(files, 20000), {"", "x"})
      .tcp(9.5, at(user, 50101), at(files, 20000 + FtpPorts::cap), {"", "x"});
  const auto store = capture.audit(site + ftp_row + related);
  CHECK(flows(*store) ==
        Lines{"21 ftp allowed ftp", "20000 unknown allowed ftp", "21024 unknown violation "});
  CHECK(lines(*store,
              "SELECT direction, hole, why FROM v_account WHERE app = 'ftp' "
              "ORDER BY 1, 2") == Lines{"s2c over-cap more FTP data ports than are kept"});
}

std::string invite(std::string_view address, int port) {
  const std::string body = "v=0\r\no=- 1 1 IN IP4 " + std::string(address) +
                           "\r\ns=-\r\nc=IN IP4 " + std::string(address) + "\r\nt=0 0\r\nm=audio " +
                           std::to_string(port) + " RTP/AVP 0\r\n";
  const auto head = [&](std::string_view start) {
    return std::string(start) +
           "\r\nVia: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK1\r\nTo: <sip:b@example.org>;tag=2\r\n"
           "From: <sip:a@example.org>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
           "Content-Type: application/sdp\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  return head(address == "10.0.1.1" ? "INVITE sip:b@example.org SIP/2.0" : "SIP/2.0 200 OK");
}

std::string rtp(int sequence) {
  std::string packet = "\x80\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x07"s + std::string(160, 'a');
  packet[3] = static_cast<char>(sequence);
  return packet;
}

Capture call() {
  const End a{"10.0.1.1", 5060}, b{"10.0.1.2", 5060};
  Capture capture;
  capture.udp(1, a, b, invite("10.0.1.1", 40000)).udp(2, b, a, invite("10.0.1.2", 50000));
  for (int i = 0; i < 5; ++i) {
    capture.udp(3 + i * 0.02, at(a, 40000), at(b, 50000), rtp(i));
    capture.udp(3.01 + i * 0.02, at(b, 50000), at(a, 40000), rtp(i));
    capture.udp(3.015 + i * 0.02, at(a, 40002), at(b, 50002), rtp(i));  // nobody announced it
  }
  capture.udp(4, at(a, 41000), at(b, 50000), "\x13\xb2 something");
  capture.udp(5, at(a, 41001), at(b, 50000),
              "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n");
  capture.tcp(6, at(a, 41002), at(b, 50000), {"", "x"});
  return capture;
}

TEST_CASE("related: media is allowed by the row of the call that announced it") {
  const auto store = call().audit(site + sip_row + related);
  CHECK(lines(*store, "SELECT client_port, app, verdict, rule FROM flow ORDER BY id") ==
        Lines{"5060 sip allowed sip", "40000 rtp allowed sip", "40002 rtp violation ",
              "41000 unknown allowed sip", "41001 ssdp violation ", "41002 unknown violation "});
  CHECK(lines(*store, "SELECT client_port, kind, endpoint FROM v_media ORDER BY 1, 3") ==
        Lines{"40000 audio 10.0.1.1:40000", "40000 audio 10.0.1.2:50000",
              "41000 audio 10.0.1.2:50000", "41001 audio 10.0.1.2:50000"});
}

TEST_CASE("related: the same rows whatever the number of workers") {
  Capture capture = call();
  capture.tcp(7, user, files, session);
  for (int i = 0; i < 20; ++i) {
    const auto port = static_cast<std::uint16_t>(51000 + i);
    capture.tcp(8 + i, at(user, port), at(files, i % 2 == 0 ? 40000 : 40001), {"", "x"});
  }
  const std::string policy = site + ftp_row + related + sip_row + related;
  const auto dump = [&](unsigned workers) {
    const auto store = capture.audit(policy, workers);
    Lines all;
    for (const char* table : {"flow", "flow_sum", "flow_kind", "related", "v_finding",
                              "v_role_matrix", "v_rule_usage", "resemblance"}) {
      Lines rows = lines(*store, "SELECT * FROM "s + table + " ORDER BY 1, 2, 3");
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  };
  const Lines alone = dump(0);
  CHECK(alone.size() > 60);
  for (const unsigned workers : {1U, 2U, 8U}) {
    CAPTURE(workers);
    CHECK(dump(workers) == alone);
  }
}

TEST_CASE("related: only rows whose application announces others may say so") {
  const auto policy = load_policy_texts({{"site.toml", site + R"([[flow]]
id = "web"
from = "user"
to = "files"
port = 80
app = "http"
why = "w"
owner = "o"
approved = 2026-01-01
related = true
)"}});
  REQUIRE_FALSE(policy);
  CHECK(policy.error().what.find("announces no related flows") != std::string::npos);
}

}  // namespace
}  // namespace pcapaudit
