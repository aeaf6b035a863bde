// Judgements written down beforehand: a table in plain text, the documentation's own example, and
// properties that hold for every policy.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <catch2/catch.hpp>

#include "support/judge.hpp"

namespace pcapaudit {
namespace {

namespace fs = std::filesystem;
const fs::path here = fs::path(PCAPAUDIT_TESTS);

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Line {
  std::string flow, want;
};

std::vector<Line> judgements() {
  std::vector<Line> lines;
  for (const std::string& line : test::split(read(here / "data" / "judgements.txt"), '\n')) {
    const std::size_t at = line.find(" = ");
    if (line.starts_with('#') || at == std::string::npos) continue;
    lines.push_back({line.substr(0, at), line.substr(at + 3)});
  }
  return lines;
}

// "violation rp-ext-443 old-tls", with "-" for no row and no finding.
std::string gist(const Verdict& verdict) {
  return fmt::format("{} {} {}", to_text(verdict.kind), verdict.rule.empty() ? "-" : verdict.rule,
                     verdict.problems.empty() ? "-" : to_text(verdict.problems.front().kind));
}

Policy site() {
  const auto policy = load_policy({(here / "data" / "judgement-site.toml").string()});
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  return *policy;
}

TEST_CASE("judgements: the table of the documentation") {
  const Policy policy = site();
  const Judge judge(policy);
  const auto lines = judgements();
  REQUIRE(lines.size() >= 200);
  for (const Line& line : lines) {
    CAPTURE(line.flow);
    CHECK(gist(judge.judge(test::flow_of(line.flow))) == line.want);
  }
}

TEST_CASE("judgements: the documentation's own example, as it is printed there") {
  const fs::path example =
      here.parent_path().parent_path() / "shared" / "facts" / "packs" / "site-example.toml";
  if (!fs::exists(example)) {
    WARN("skipped: " << example << " is not here");
    return;
  }
  const auto policy = load_policy({example.string()});
  if (!policy) FAIL(policy.error().where << ": " << policy.error().what);
  const std::string proven = " mutual=proven client-cert=ok";
  // Source, destination, application; result (policy.md part 5).
  const Line lines[] = {
      {"tcp 203.0.113.9 > 198.51.100.40:443 tls san=meet.contoso.example", "allowed rp-ext-443"},
      {"tcp 203.0.113.9 > 10.45.16.40:80 http", "allowed rp-ext-80"},
      {"tcp 172.25.33.40 > 10.1.2.10:4443 tls", "allowed rp-int-4443"},
      {"tcp 172.25.33.40 > 10.1.2.11:4443 tls", "allowed rp-int-4443; vip-bypass"},
      {"tcp 172.25.33.40 > 10.1.3.10:8080 http", "allowed rp-int-8080; discouraged"},
      {"tcp 172.25.33.40 > 10.1.3.10:443 tls", "violation high mapping-missing"},
      {"tcp 172.25.33.40 > 10.1.4.5:443 tls", "allowed rp-owa-443"},
      {"tcp 172.25.33.40 > 10.1.4.5:4443 tls", "violation medium owa-mapped"},
      {"tcp 10.20.5.5 > 10.1.4.5:443 tls", "allowed cli-owa-443"},
      {"tcp 10.20.5.5 > 10.1.2.10:443 tls", "allowed cli-dir-443"},
      {"tcp 10.20.5.5 > 10.1.2.10:4443 tls", "violation medium external-site-from-inside"},
      {"tcp 10.1.2.11 > 10.1.3.11:444 tls", "allowed dir-fe-444"},
      {"tcp 10.1.3.11 > 10.1.2.11:444 tls", "violation high"},
      {"tcp 172.25.33.10 > 10.1.2.11:5061 tls" + proven, "allowed edge-dir-5061"},
      {"tcp 10.1.3.12 > 172.25.33.11:5061 tls" + proven, "allowed fe-edge-5061"},
      {"tcp 10.1.3.11 > 172.25.33.10:4443 tls", "violation low two-kinds-of-4443"},
      {"tcp 10.1.3.11 > 172.25.33.10:50002 tls" + proven, "allowed cls-edge"},
      {"tcp 10.50.1.1 > 172.25.33.10:50002 tls", "violation high"},
      {"tcp 10.50.1.1 > 10.1.2.11:50002 tls", "violation high"},
      {"tcp 203.0.113.9 > 10.1.3.10:4443 tls", "violation critical proxy-bypassed"},
      {"tcp 10.1.9.20 > 10.1.3.10:4443 tls at=2026-11-21T22:30:00Z", "waived EX-2026-014"},
      {"tcp 172.25.33.40 > 172.25.33.10:4443 tls", "violation high"},
      {"udp 172.25.33.40 > 172.25.33.53:53 dns", "allowed site-dns"},
  };
  const Judge judge(*policy);
  for (const Line& line : lines) {
    CAPTURE(line.flow);
    const Verdict verdict = judge.judge(test::flow_of(line.flow));
    std::string got(to_text(verdict.kind));
    if (verdict.kind == VerdictKind::allowed) {
      got += " " + verdict.rule;
      for (const Problem& problem : verdict.problems) {
        got += "; " + std::string(to_text(problem.kind));
      }
    } else if (verdict.kind == VerdictKind::waived) {
      got += " " + verdict.exception;
    } else {
      REQUIRE(!verdict.problems.empty());
      const Problem& problem = verdict.problems.front();
      got += " " + std::string(to_text(problem.severity));
      if (!problem.mistake.empty()) got += " " + problem.mistake;
    }
    CHECK(got == line.want);
  }
}

TEST_CASE("judgements: the order of rows in a file does not matter") {
  Policy policy = site();
  const auto lines = judgements();
  std::vector<Verdict> want;
  {
    const Judge judge(policy);
    for (const Line& line : lines) want.push_back(judge.judge(test::flow_of(line.flow)));
  }
  std::mt19937 random(5);  // NOLINT: any fixed seed
  for (int round = 0; round < 5; ++round) {
    std::shuffle(policy.flows.begin(), policy.flows.end(), random);
    const Judge judge(policy);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(lines[i].flow);
      Verdict verdict = judge.judge(test::flow_of(lines[i].flow));
      std::sort(verdict.used.begin(), verdict.used.end());
      Verdict expected = want[i];
      std::sort(expected.used.begin(), expected.used.end());
      CHECK((verdict == expected));
    }
  }
}

TEST_CASE("judgements: an exception changes the verdict of what it covers, and nothing else") {
  Policy policy = site();
  const auto lines = judgements();
  std::vector<Verdict> before;
  {
    const Judge judge(policy);
    for (const Line& line : lines) before.push_back(judge.judge(test::flow_of(line.flow)));
  }
  Exception exception;
  exception.id = "EX-NEW";
  exception.valid_from = {0};
  exception.valid_to = {INT64_MAX};
  exception.from.addresses = {Subnet::parse("10.20.5.5").value()};
  exception.waives = {FindingKind::undocumented};
  policy.exceptions.push_back(exception);
  const Judge judge(policy);
  std::size_t waived = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i].flow);
    const ClosedFlow flow = test::flow_of(lines[i].flow);
    const Verdict after = judge.judge(flow);
    const bool covered = to_text(flow.client.address) == "10.20.5.5" &&
                         before[i].kind == VerdictKind::violation &&
                         before[i].problems.front().kind == FindingKind::undocumented;
    waived += covered ? 1 : 0;
    if (covered) {
      CHECK(after.kind == VerdictKind::waived);
    } else {
      CHECK((after == before[i]));
    }
  }
  CHECK(waived > 2);
}

// A flow that takes each of its properties from one of two others.
ClosedFlow mixed(const ClosedFlow& one, const ClosedFlow& other, std::mt19937& random) {
  ClosedFlow flow = one;
  const auto take = [&](auto& property, const auto& others) {
    if (random() % 4 == 0) property = others;
  };
  take(flow.transport, other.transport);
  take(flow.client.address, other.client.address);
  take(flow.client.port, other.client.port);
  take(flow.server.address, other.server.address);
  take(flow.server.port, other.server.port);
  take(flow.vlans, other.vlans);
  take(flow.direction_basis, other.direction_basis);
  take(flow.outcome, other.outcome);
  take(flow.first, other.first);
  take(flow.payload_bytes[0], other.payload_bytes[0]);
  take(flow.payload_bytes[1], other.payload_bytes[1]);
  take(flow.gaps, other.gaps);
  take(flow.anomalies, other.anomalies);
  take(flow.app, other.app);
  take(flow.server_app, other.server_app);
  take(flow.records, other.records);
  return flow;
}

// The same flow but for one property.
ClosedFlow changed(ClosedFlow flow, const ClosedFlow& other, std::mt19937& random) {
  switch (random() % 12) {
    case 0:
      flow.direction_basis = static_cast<DirectionBasis>(random() % 4);
      break;
    case 1:
      flow.outcome = static_cast<Outcome>(random() % 6);
      break;
    case 2:
      flow.payload_bytes[random() % 2] = random() % 20;
      break;
    case 3:
      flow.gaps = random() % 2;
      break;
    case 4:
      flow.client.port = other.server.port;
      break;
    case 5:
      flow.server.port = other.server.port;
      break;
    case 6:
      flow.server_app = flow.server_app.empty() ? "ssh" : "";
      break;
    case 7:
      flow.app = random() % 2 == 0 ? "unknown" : "none";
      break;
    case 8:
      flow.account[random() % 2].hole = static_cast<Unread>(random() % unread_count);
      break;
    case 9:
      flow.account[random() % 2].end = static_cast<Unread>(random() % unread_count);
      flow.other_apps.assign(random() % 2, random() % 2 == 0 ? "ssh" : "imap");
      break;
    case 10:
      flow.packets[1] = random() % 2;
      flow.server.address.bytes.back() = random() % 2 == 0 ? std::uint8_t{255} : std::uint8_t{11};
      flow.last = {flow.first.ns + static_cast<std::int64_t>(random() % 100) * ns_per_second};
      break;
    default:
      std::swap(flow.client, flow.server);
  }
  return flow;
}

TEST_CASE("judgements: a verdict that is remembered is the one that would be found") {
  std::vector<Policy> policies(4, site());
  policies[1].judge_all = true;
  policies[2].ask_unknown = true;
  policies[2].flows.front().wants_vip = true;
  Exception exception;
  exception.id = "EX-NEW";
  exception.valid_from = {0};
  exception.valid_to = test::flow_time;
  exception.from.addresses = {Subnet::parse("10.20.5.5").value()};
  exception.waives = {FindingKind::undocumented, FindingKind::wrong_application};
  policies[3].exceptions.push_back(exception);
  std::vector<ClosedFlow> flows;
  for (const Line& line : judgements()) flows.push_back(test::flow_of(line.flow));
  std::mt19937 random(11);  // NOLINT: any fixed seed
  for (const Policy& policy : policies) {
    const Judge judge(policy);
    RememberingJudge remembering(judge);
    std::size_t different = 0;
    for (int i = 0; i < 2'000; ++i) {
      ClosedFlow flow =
          mixed(flows[random() % flows.size()], flows[random() % flows.size()], random);
      for (int change = 0; change < 10; ++change) {
        different += remembering.judge(flow) == judge.judge(flow) ? 0 : 1;
        flow = changed(flow, flows[random() % flows.size()], random);
      }
    }
    CHECK(different == 0);
  }
}

TEST_CASE("judgements: what a verdict rests on is remembered with it, in every order") {
  Policy policy = site();
  policy.judge_all = true;
  DocumentedFlow relay;
  relay.id = "relay";
  relay.from = relay.to = any_bit;
  relay.transports = {Transport::tcp};
  relay.ports = {{7443, 7443}};
  relay.app = "ms-turn";
  policy.flows.push_back(relay);
  std::vector<ClosedFlow> flows;
  for (const char* line : {"ospf 10.1.2.11 > 224.0.0.5 ospf", "ospf 10.1.2.11 > 239.1.1.1 ospf",
                           "igmp 10.1.2.11 > 239.1.1.1 igmp", "igmp 10.1.2.11 > 224.0.0.251 igmp",
                           "tcp 10.20.5.5 > 10.1.2.11:7443 tls cert=hidden v=0301",
                           "tcp 10.20.5.5 > 10.1.2.11:7443 tls cert=hidden v=0301 sni=a.example",
                           "tcp 10.20.5.5 > 10.1.2.11:7443 tls cert=hidden v=0304",
                           "tcp 10.20.5.5 > 10.1.2.11:7443 tls v=0301"}) {
    flows.push_back(test::flow_of(line));
  }
  const Judge judge(policy);
  CHECK(judge.judge(flows[0]).kind == VerdictKind::ignored);
  CHECK(judge.judge(flows[1]).kind == VerdictKind::violation);
  CHECK(test::dump(judge.judge(flows[4])) == "allowed relay");
  for (const ClosedFlow& first : flows) {
    RememberingJudge remembering(judge);
    (void)remembering.judge(first);
    for (const ClosedFlow& then : flows) CHECK(remembering.judge(then) == judge.judge(then));
  }
}

TEST_CASE("judgements: ten thousand rows and a hundred thousand addresses") {
  std::string text =
      "format = 1\n[site]\nname = \"large\"\ninternal_networks = [\"10.0.0.0/8\"]\njudge = "
      "\"all\"\n";
  for (int role = 0; role < 20; ++role) {
    text += fmt::format("[role.r{0}]\ntitle = \"R{0}\"\n[bind.r{0}]\naddresses = [", role);
    for (int i = 0; i < 5000; ++i) {
      const int number = role * 5000 + i;
      text += fmt::format("\"10.{}.{}.{}\",", number >> 16, number >> 8 & 255, number & 255);
    }
    text += "]\n";
  }
  for (int row = 0; row < 10'000; ++row) {
    text += fmt::format(
        "[[flow]]\nid = \"f{}\"\nfrom = \"r{}\"\nto = \"r{}\"\nport = {}\napp = \"ssh\"\n", row,
        row % 20, row / 20 % 20, 1000 + row);
  }
  const auto policy = load_policy_texts({{"large.toml", text}});
  REQUIRE(policy);
  CHECK(policy->flows.size() == 10'000);
  const Judge judge(*policy);
  for (int row = 0; row < 10'000; row += 7) {
    const int from = row % 20 * 5000 + row % 5000;
    const int to = row / 20 % 20 * 5000 + row % 4999;
    const ClosedFlow flow = test::flow_of(
        fmt::format("tcp 10.{}.{}.{} > 10.{}.{}.{}:{} ssh", from >> 16, from >> 8 & 255, from & 255,
                    to >> 16, to >> 8 & 255, to & 255, 1000 + row));
    const Verdict verdict = judge.judge(flow);
    CAPTURE(row);
    CHECK(verdict.rule == fmt::format("f{}", row));
  }
}

}  // namespace
}  // namespace pcapaudit
