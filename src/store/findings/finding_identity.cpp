// What makes two problems the same finding: causes, ids, and matters of many causes.
#include <algorithm>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text/ascii.hpp"
#include "store/findings/finding.hpp"

namespace pcapaudit {
namespace {

// An id is copied by hand into tickets; 48 bits are as many digits as people still copy.
constexpr std::size_t id_digits = 12;
// Ranges of ports that are written out; behind that only the first and the last port.
constexpr std::size_t most_ranges = 8;

// A finding as one of several; the first to come is told in full.
void add_to_matter(Finding& sum, const Finding& one) {
  merge(sum, one);
  sum.ports.insert(one.server_port);
  sum.hosts += one.subject.empty() ? 0 : 1;
  if (sum.nearest_rule == one.nearest_rule && sum.failing_field == one.failing_field &&
      sum.expected == one.expected) {
    return;
  }
  // Each port has a nearest row of its own, which says nothing of the others.
  sum.nearest_rule.clear();
  sum.failing_field.clear();
  sum.expected.clear();
}

Finding whole_matter(std::vector<const Finding*> parts) {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Finding* a, const Finding* b) { return a->first_ns < b->first_ns; });
  Finding matter = *parts.front();
  matter.flows = 0;
  for (const Finding* part : parts) add_to_matter(matter, *part);
  matter.observed.clear();
  if (matter.server_port == 0) {
    matter.ports.clear();
    matter.expected.clear();  // what one of the hosts resembles
  }
  matter.server_port = 0;
  matter.subject.clear();
  return matter;
}

}  // namespace

std::string cause_of(const Finding& finding) {
  std::string cause = fmt::format("{}|{}|{}|{}|{}", to_text(finding.kind), finding.client_names,
                                  finding.server_names, finding.service, finding.server_port);
  if (finding.kind == FindingKind::needed_not_seen) cause += "|" + finding.nearest_rule;
  if (!finding.subject.empty()) cause += "|" + finding.subject;
  return cause;
}

std::string finding_id(std::string_view cause) {
  return "V-" + ascii_upper(sha256_hex(as_bytes(cause)).substr(0, id_digits));
}

std::string matter_of(const Finding& finding) {
  const bool about_host = finding.kind == FindingKind::unknown_host;
  const bool about_port = finding.server_port != 0 && finding.flows > 0 && finding.subject.empty();
  if (!about_host && !about_port) return {};
  std::string matter = fmt::format("{}|{}|{}|{}|many", to_text(finding.kind), finding.client_names,
                                   finding.server_names, finding.service);
  if (finding.outcome == "data") matter += "|data";
  if (!finding.mistake.empty()) matter += "|" + finding.mistake;
  return matter;
}

FindingSet join_matters(std::map<std::string, Finding> findings) {
  std::map<std::string, std::vector<const Finding*>> matters;
  for (const auto& [cause, finding] : findings) {
    std::string matter = matter_of(finding);
    matters[matter.empty() ? cause : std::move(matter)].push_back(&finding);
  }
  FindingSet set;
  for (auto& [matter, parts] : matters) {
    const bool joined = parts.size() >= many_causes;
    for (const Finding* part : parts) {
      const std::string own = cause_of(*part);
      if (!joined) set.findings.emplace(own, *part);
      set.members.push_back({.kind = part->kind,
                             .service = part->service,
                             .subject = part->flows == 0 && part->subject.empty()
                                            ? part->nearest_rule
                                            : part->subject,
                             .client_roles = part->client_roles,
                             .server_roles = part->server_roles,
                             .server_port = part->server_port,
                             .own_id = finding_id(own),
                             .finding = finding_id(joined ? matter : own)});
    }
    if (joined) set.findings.emplace(matter, whole_matter(std::move(parts)));
  }
  return set;
}

std::string ports_text(const Finding& finding) {
  if (finding.ports.empty()) {
    return finding.server_port == 0 ? "" : std::to_string(finding.server_port);
  }
  PortRanges ranges;
  for (const std::int64_t port : finding.ports) {
    const auto number = static_cast<std::uint16_t>(port);
    if (!ranges.empty() && ranges.back().last + 1 == number) {
      ranges.back().last = number;
    } else {
      ranges.push_back({.first = number, .last = number});
    }
  }
  const std::string range =
      ranges.size() <= most_ranges
          ? to_text(ranges)
          : fmt::format("{}...{}", *finding.ports.begin(), *finding.ports.rbegin());
  return fmt::format("{} ({} ports)", range, finding.ports.size());
}

std::string port_name(const Finding& finding) {
  const std::string transports = fmt::format("{}", fmt::join(finding.transports, "+"));
  const std::string ports = ports_text(finding);
  return ports.empty() ? transports : transports + "/" + ports;
}

}  // namespace pcapaudit
