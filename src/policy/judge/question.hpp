// A flow as somebody imagines it: for `why`, and for the assertions of `policy test`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "flow/closed_flow.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {

struct Question {
  std::string source, destination;  // addresses
  std::string target;               // "tcp/443", "sctp/3868", "icmp", "esp", "50"
  std::string app;  // "https", "http", "sip", "tls", "ssh" ...; "none": no payload; empty: ask
  std::string at;   // RFC 3339, or a date with a time: "2026-11-20T10:00:00Z"; empty: `now`
  std::string mutual =
      "proven";  // as in the contract: proven, declined, not-requested, indicated, ...
  std::string tls_version = "1.2";
  std::string host, path;  // server name asked for; path of plain HTTP
  std::uint16_t vlan = 0;  // 0: no tag
};

// An established connection that carried data both ways. Without an application it carries what
// the first row for these ends and this port documents; `assumed` tells which.
struct Asked {
  ClosedFlow flow;
  std::string assumed;
};
Result<Asked> asked_flow(const Question& question, const Judge& judge, Timestamp now);

// "2026-11-20T10:00:00Z", with or without fraction, or with an offset "+01:00".
std::optional<Timestamp> parse_time(const std::string& text);

// One assertion of a test file: this flow, that verdict.
struct PolicyAssertion {
  std::string name;
  Question question;
  std::string verdict, rule, kind, reason;  // empty: not looked at
  SourcePlace place;
};
struct AssertionResult {
  PolicyAssertion assertion;
  std::string failure;  // empty: it holds
};
// [[test]] tables of TOML files, each held against the policy.
Result<std::vector<AssertionResult>> test_policy(const Policy& policy,
                                                 const std::vector<std::string>& files);

}  // namespace pcapaudit
