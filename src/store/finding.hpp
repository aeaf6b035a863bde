// One finding as a value: the sum over its flows, its identity, its sentence.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <pcapaudit/policy/policy.hpp>

namespace pcapaudit {

struct Finding {
  std::string kind, service;  // service: "" when none
  RoleSet client_roles = 0, server_roles = 0;
  std::string client_names, server_names;
  std::int64_t server_port = 0;  // 0 when none or several
  Severity severity = Severity::info;
  std::set<std::string> transports;
  std::string outcome;  // the most serious one; "" without flows
  std::uint64_t flows = 0;
  std::optional<std::int64_t> first_ns, last_ns;
  // Of the flow that came first: the row that fails or comes nearest, and why.
  std::string nearest_rule, failing_field, expected, observed, mistake;
  std::string subject;  // host, exception or mapping that a finding of the whole run speaks of

  bool operator==(const Finding&) const = default;
};

// "kind|client roles|server roles|service|port"; a needed row that was not seen adds its id, since
// two such rows may agree in all of these, and a finding of the whole run adds its subject.
std::string cause_of(const Finding& finding);

// Ids for distinct causes in ascending order: "V-" and four hex digits of the cause's SHA-256,
// in upper case; the later one of two equal ids gets six digits, or more.
std::vector<std::string> finding_ids(const std::vector<std::string>& sorted_causes);

// "tcp/443", "tcp+udp/53", "icmp"
std::string port_name(const Finding& finding);

// One English sentence, and the mistake's own words behind it.
std::string finding_text(const Finding& finding, const Policy& policy);

}  // namespace pcapaudit
