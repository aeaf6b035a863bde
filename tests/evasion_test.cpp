// Whatever happens to a conversation on its way, one that breaks a demand is never allowed, and
// one that keeps it is never a violation.
//
// Every demand that a row can make has a conversation that breaks it and a twin that keeps it. Both
// are put through every distortion of tests/support/distortions.cpp, and through every pair of
// them.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "net/packet.hpp"
#include "policy/policy.hpp"
#include "support/distortions.hpp"
#include "support/exchange.hpp"
#include "support/packets.hpp"
#include "support/tls_talk.hpp"

namespace pcapaudit::test {
namespace {

constexpr const char* policy_text = R"(
format = 1
[site]
name = "Evasion"
internal_networks = ["192.0.2.0/24", "198.51.100.0/24", "10.255.0.0/24"]
judge = "all"
[role.cli]
[role.srv]
[bind.cli]
addresses = ["192.0.2.10"]
[bind.srv]
addresses = ["198.51.100.20"]
[http.denied]
deny_paths = ["/secret"]
[http.listed]
paths = ["/public"]
[http.host]
hosts = ["www.example.com"]
[http.credentials]
credentials = "forbidden"
[http.redirect]
answer = "redirect-https"
[tls.sni]
names = ["www.example.com"]
sni = "must match names"
[tls.names]
names = ["www.example.com"]
[tls.version]
min_version = "1.2"
[tls.mutual]
mutual = "yes"
[tls.plain]
)";

struct Demand {
  std::string name, row;
  Talk keeps, breaks;
};

std::string request(const std::string& path, const std::string& more = "",
                    const std::string& host = "www.example.com") {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n";
}
std::string answer(const std::string& status, const std::string& more = "") {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 4\r\n\r\nbody";
}

Talk web(std::uint16_t port, const std::string& asked, const std::string& answered) {
  const std::string harmless_answer = answer("404 Not Found");
  return {.kind = Talk::Kind::http,
          .server_port = port,
          .messages = {{0, request("/public/a")},
                       {1, harmless_answer},
                       {0, asked},
                       {1, answered},
                       {0, request("/public/b")},
                       {1, harmless_answer}}};
}

Talk secure(std::uint16_t port, const TlsTalkOptions& options) {
  Talk talk{.kind = Talk::Kind::tls, .server_port = port, .messages = {}};
  for (const TlsRecord& record : tls_talk(options)) {
    talk.messages.push_back({record.side, wire(record)});
  }
  return talk;
}

std::string sip_request(const std::string& method, int number) {
  const std::string n = std::to_string(number);
  return method + " sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK" + n +
         "\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: " + n +
         "\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n";
}
std::string sip_answer(const std::string& method, int number) {
  const std::string n = std::to_string(number);
  return "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK" + n +
         "\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: " + n +
         "\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n";
}
Talk sip(Talk::Kind kind) {
  Talk talk{.kind = kind, .server_port = 5060, .messages = {}};
  for (int i = 0; i < 3; ++i) {
    talk.messages.push_back({0, sip_request("OPTIONS", i)});
    talk.messages.push_back({1, sip_answer("OPTIONS", i)});
  }
  return talk;
}

Talk ssh(std::uint16_t port) {
  Talk talk{.kind = Talk::Kind::other, .server_port = port, .messages = {}};
  talk.messages = {{1, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
                   {0, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"}};
  for (int i = 0; i < 4; ++i) {
    talk.messages.push_back({i % 2, std::string("\x00\x00\x00\x3c\x0a\x14", 6) +
                                        std::string(60, static_cast<char>(0x81 + i))});
  }
  return talk;
}

std::vector<Demand> all_demands() {
  const std::string found = answer("404 Not Found");
  const TlsTalkOptions good;
  TlsTalkOptions other_sni = good, other_name = good, old = good, mutual = good, declined = good,
                 no_encryption = good;
  other_sni.sni = "evil.example.net";
  other_name.certificate_name = "ev1.example.com";
  old.version = 0x0302;
  old.cipher = 0xc009;
  mutual.asks_certificate = mutual.gives_certificate = true;
  declined.asks_certificate = true;
  no_encryption.cipher = 0xc006;  // TLS_ECDHE_ECDSA_WITH_NULL_SHA
  Talk clear_then_ssh = web(90, request("/public/c"), found);
  Talk then_ssh = clear_then_ssh;
  then_ssh.messages[2].bytes = "SSH-2.0-OpenSSH_9.2p1\r\n" + std::string(40, '\x02');
  then_ssh.messages[3].bytes = "SSH-2.0-OpenSSH_9.2p1\r\n" + std::string(40, '\x03');
  Talk http_on_sip = web(5060, request("/public/c"), found);
  Talk http_on_https = web(448, request("/public/c"), found);
  Talk names_on_sip{.kind = Talk::Kind::sip_udp, .server_port = 5060, .messages = {}};
  for (int i = 0; i < 3; ++i) {
    const std::string question(
        "\x03www\x07"
        "example\x03"
        "com\x00\x00\x01\x00\x01",
        21);
    names_on_sip.messages.push_back(
        {0, std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) + question});
    names_on_sip.messages.push_back(
        {1, std::string("\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00", 12) + question});
  }
  return {
      {"a path that is denied", R"(port = 80
app = "http"
http = "denied")",
       web(80, request("/public"), found), web(80, request("/secret"), found)},
      {"a path that is not listed", R"(port = 81
app = "http"
http = "listed")",
       web(81, request("/public"), found), web(81, request("/privat"), found)},
      {"a host", R"(port = 82
app = "http"
http = "host")",
       web(82, request("/public", ""), found),
       web(82, request("/public", "", "evil.example.cx"), found)},
      {"credentials", R"(port = 83
app = "http"
http = "credentials")",
       web(83, request("/public", "X-Not-Secret-: Nothing YTpi\r\n"), found),
       web(83, request("/public", "Authorization: Basic YTpiYWI=\r\n"), found)},
      {"a redirect", R"(port = 84
app = "http"
http = "redirect")",
       web(84, request("/public"), answer("302 Found", "Location: https://a/\r\n")),
       web(84, request("/public"), answer("302 Found", "Location: http://ab/\r\n"))},
      {"no content", R"(port = 85
app = "http"
http = "redirect")",
       web(85, request("/public"), answer("404 No")),
       web(85, request("/public"), answer("200 OK"))},
      {"the name that the client asks for", R"(port = 443
app = "https"
tls = "sni")",
       secure(443, good), secure(443, other_sni)},
      {"the name of the server", R"(port = 444
app = "https"
tls = "names")",
       secure(444, good), secure(444, other_name)},
      {"a version", R"(port = 445
app = "https"
tls = "version")",
       secure(445, good), secure(445, old)},
      {"a client certificate, not asked for", R"(port = 446
app = "https"
tls = "mutual")",
       secure(446, mutual), secure(446, good)},
      {"a client certificate, declined", R"(port = 447
app = "https"
tls = "mutual")",
       secure(447, mutual), secure(447, declined)},
      {"encryption", R"(port = 449
app = "https"
tls = "plain")",
       secure(449, good), secure(449, no_encryption)},
      {"HTTPS and not HTTP", R"(port = 448
app = "https")",
       secure(448, good), http_on_https},
      {"HTTPS and not SSH", R"(port = 450
app = "https")",
       secure(450, good), ssh(450)},
      {"HTTP and not SSH", R"(port = 91
app = "http")",
       web(91, request("/public/c"), found), ssh(91)},
      {"HTTP to the end", R"(port = 90
app = "http")",
       clear_then_ssh, then_ssh},
      {"SIP and not HTTP", R"(port = 5060
app = "sip"
transport = ["tcp", "udp"])",
       sip(Talk::Kind::sip), http_on_sip},
      {"SIP and not DNS", "", sip(Talk::Kind::sip_udp), names_on_sip},
  };
}

Policy policy_of(const std::vector<Demand>& demands) {
  std::string text = policy_text;
  int number = 0;
  for (const Demand& demand : demands) {
    if (demand.row.empty()) continue;
    text += "[[flow]]\nid = \"row-" + std::to_string(number++) +
            "\"\nfrom = \"cli\"\nto = \"srv\"\n" + demand.row + "\n";
  }
  auto policy = load_policy_texts({{"evasion.toml", text}});
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  return *std::move(policy);
}

using Distortions = std::vector<const Distortion*>;

std::string name_of(const Distortions& distortions) {
  std::string name;
  for (const Distortion* it : distortions) name += (name.empty() ? "" : " + ") + it->name;
  return name.empty() ? "nothing" : name;
}

// What became of a conversation: the verdicts on it, and whether all bytes that tell it from its
// twin are still somewhere in its packets.
struct Behind {
  std::vector<AuditedFlow> flows;
  bool shows = true;
};

// The bytes that the twin does not have at their place.
using Telling = std::map<std::pair<int, std::uint32_t>, char>;

Telling telling(const std::vector<WirePacket>& packets, const std::vector<WirePacket>& other) {
  Telling out;
  for (const WirePacket& packet : packets) {
    for (std::uint32_t i = 0; i < packet.payload.size(); ++i) {
      out[{packet.side, packet.sequence + i}] = packet.payload[i];
    }
  }
  for (const WirePacket& packet : other) {
    for (std::uint32_t i = 0; i < packet.payload.size(); ++i) {
      const auto same = out.find({packet.side, packet.sequence + i});
      if (same != out.end() && same->second == packet.payload[i]) out.erase(same);
    }
  }
  return out;
}

bool holds(const std::vector<WirePacket>& packets, Telling wanted) {
  for (const WirePacket& packet : packets) {
    const bool has_syn = (packet.flags & TcpHeader::syn) != 0;
    for (std::uint32_t i = 0; i < packet.payload.size(); ++i) {
      const auto at = wanted.find({packet.side, packet.sequence + i + (has_syn ? 1 : 0)});
      if (at != wanted.end() && at->second == packet.payload[i]) wanted.erase(at);
    }
  }
  return wanted.empty();
}

// Each distortion works at its own stage.
Behind behind(Talk talk, Talk twin, const Distortions& distortions, const Policy& policy) {
  for (const Distortion* it : distortions) {
    if (!it->on_talk) continue;
    it->on_talk(talk);
    it->on_talk(twin);
  }
  std::vector<WirePacket> packets = packets_of(talk);
  const std::vector<WirePacket> other = packets_of(twin);
  const Telling tells = telling(packets, other);
  for (const Distortion* it : distortions) {
    if (it->on_packets) it->on_packets(packets, other);
  }
  Behind result;
  result.shows = talk.is_udp() || holds(packets, tells);
  std::vector<Frame> frames = frames_of(talk, packets);
  for (const Distortion* it : distortions) {
    if (!it->on_frames) continue;
    it->on_frames(frames);
    if (it->removes) result.shows = false;
  }
  result.flows = audited(capture_of(frames), policy);
  return result;
}

bool any_is(const std::vector<AuditedFlow>& flows, VerdictKind kind) {
  return std::any_of(flows.begin(), flows.end(),
                     [&](const AuditedFlow& it) { return it.verdict.kind == kind; });
}

struct Tally {
  std::size_t tried = 0;
  std::vector<std::string> wrong;
  void note(const Demand& demand, const char* which, const Distortions& distortions,
            const char* what) {
    wrong.push_back(demand.name + " " + which + ", " + name_of(distortions) + ": " + what);
  }
};

// One alone never hides a break: what is missing or contradicts is told. Two of these can take it
// away without a trace: a copy is lost and a forged one stays, both its messages are lost, or the
// rest is a connection of its own.
bool may_take_away(const Distortions& distortions) {
  const auto any = [&](bool Distortion::* what) {
    return std::any_of(distortions.begin(), distortions.end(),
                       [&](const Distortion* it) { return it->*what; });
  };
  if (any(&Distortion::joins) && any(&Distortion::removes_from_each)) return true;
  return std::count_if(distortions.begin(), distortions.end(), [](const Distortion* it) {
           return it->removes || it->adds_others || it->begins_another;
         }) > 1;
}

bool apply(const Distortions& distortions, const Talk& talk) {
  if (distortions.size() > 1 && !go_together(*distortions[0], *distortions[1])) return false;
  return std::all_of(distortions.begin(), distortions.end(),
                     [&](const Distortion* it) { return it->applies_to(talk); });
}

void try_out(const Demand& demand, const Distortions& distortions, const Policy& policy,
             Tally& tally) {
  if (apply(distortions, demand.breaks)) {
    ++tally.tried;
    const Behind it = behind(demand.breaks, demand.keeps, distortions, policy);
    if (any_is(it.flows, VerdictKind::allowed) && (it.shows || !may_take_away(distortions))) {
      tally.note(demand, "broken", distortions, "allowed");
    }
  }
  if (!apply(distortions, demand.keeps)) return;
  ++tally.tried;
  const auto flows = behind(demand.keeps, demand.breaks, distortions, policy).flows;
  const bool still_keeps = std::none_of(distortions.begin(), distortions.end(),
                                        [](const Distortion* it) { return it->adds_others; });
  if (still_keeps && any_is(flows, VerdictKind::violation)) {
    tally.note(demand, "kept", distortions, "violation");
  }
  const bool harmless = std::all_of(distortions.begin(), distortions.end(),
                                    [](const Distortion* it) { return it->is_harmless; });
  if (harmless && !any_is(flows, VerdictKind::allowed)) {
    tally.note(demand, "kept", distortions, "not allowed");
  }
}

void report(const Tally& tally) {
  std::string first;
  for (std::size_t i = 0; i < tally.wrong.size() && i < 400; ++i) first += tally.wrong[i] + "\n";
  INFO(tally.wrong.size() << " of " << tally.tried << " are wrong:\n" << first);
  CHECK(tally.wrong.empty());
}

TEST_CASE("evasion: single distortions") {
  const auto demands = all_demands();
  const Policy policy = policy_of(demands);
  const auto table = all_distortions();
  CHECK(table.size() >= 100);
  Tally tally;
  for (const Demand& demand : demands) {
    try_out(demand, {}, policy, tally);
    for (const Distortion& distortion : table) try_out(demand, {&distortion}, policy, tally);
  }
  report(tally);
}

// Demands are shared out, so that the parts can run beside each other.
constexpr std::size_t parts = 6;

void try_pairs(std::size_t part) {
  const auto demands = all_demands();
  const Policy policy = policy_of(demands);
  const auto table = all_distortions();
  Tally tally;
  for (std::size_t i = part; i < demands.size(); i += parts) {
    for (const Distortion& first : table) {
      if (!first.is_paired) continue;
      for (const Distortion& second : table) {
        if (!second.is_paired || &first == &second) continue;
        // At different stages the order is given.
        if (first.stage() != second.stage() && &first > &second) continue;
        try_out(demands[i], {&first, &second}, policy, tally);
      }
    }
  }
  report(tally);
}

TEST_CASE("evasion: pairs of distortions, part 1") {
  try_pairs(0);
}
TEST_CASE("evasion: pairs of distortions, part 2") {
  try_pairs(1);
}
TEST_CASE("evasion: pairs of distortions, part 3") {
  try_pairs(2);
}
TEST_CASE("evasion: pairs of distortions, part 4") {
  try_pairs(3);
}
TEST_CASE("evasion: pairs of distortions, part 5") {
  try_pairs(4);
}
TEST_CASE("evasion: pairs of distortions, part 6") {
  try_pairs(5);
}

}  // namespace
}  // namespace pcapaudit::test
