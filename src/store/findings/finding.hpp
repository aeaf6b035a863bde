// One finding as a value: the sum over its flows, its identity, its sentence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"
#include "store/store.hpp"

namespace pcapaudit {

struct Finding {
  FindingKind kind = FindingKind::undocumented;
  std::string service;  // "" when none
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
  // Of a matter: its ports, or the number of its hosts. Empty and 0 when it stands for itself.
  std::set<std::int64_t> ports;
  std::uint64_t hosts = 0;
  std::string subject;  // host, exception or mapping that a finding of the whole run speaks of

  bool operator==(const Finding&) const = default;
};

// What one problem of a flow is as a finding: the row that fails, or else the nearest miss.
Finding finding_of(const AuditedFlow& audited, const Problem& problem, const Policy& policy);

// "kind|client roles|server roles|service|port"; a needed row that was not seen adds its id, since
// two such rows may agree in all of these, and a finding of the whole run adds its subject.
std::string cause_of(const Finding& finding);

// The id of a cause, the same whatever else was found: "V-" and twelve hex digits of its SHA-256,
// in upper case. Of a million causes two share one with a chance of 1 in 500; then both keep it.
std::string finding_id(std::string_view cause);

// So many ports (or hosts without a role) between the same roles are one matter: a scan, a range.
constexpr std::size_t many_causes = 20;

// The cause of the matter that a finding is part of when its like was found at many ports or hosts:
// "many" stands for the port or the host. Data that flowed is another matter than attempts, and so
// is what a mistake explains. Empty when the finding stands for itself in any number.
std::string matter_of(const Finding& finding);

// Adds what `one` counts to `sum`, which came first and keeps its own words.
void merge(Finding& sum, const Finding& one);

// A cause, and the finding that it became or became part of (the same id twice, then).
struct FindingMember {
  FindingKind kind = FindingKind::undocumented;
  std::string service, subject;
  RoleSet client_roles = 0, server_roles = 0;
  std::int64_t server_port = 0;
  std::string own_id, finding;
};
struct FindingSet {
  std::map<std::string, Finding> findings;  // by cause, so in ascending order
  std::vector<FindingMember> members;
};
// Puts the findings of each matter that has many_causes or more into one.
FindingSet join_matters(std::map<std::string, Finding> findings);

// "443", "1-1024,3306 (1 025 ports)"; empty without a port
std::string ports_text(const Finding& finding);

// "tcp/443", "tcp+udp/53", "icmp", "tcp/1-1024 (1024 ports)"
std::string port_name(const Finding& finding);

// One English sentence, and the mistake's own words behind it.
std::string finding_text(const Finding& finding, const Policy& policy);

}  // namespace pcapaudit
