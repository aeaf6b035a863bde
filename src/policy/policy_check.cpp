// Remarks on a policy that loads: what will make its verdicts weaker than its author thinks.
#include <fmt/format.h>

#include <algorithm>

#include <pcapaudit/policy/policy.hpp>

namespace pcapaudit {
namespace {

RoleSet bound_roles(const Policy& policy) {
  RoleSet bound = 0;
  for (const Binding& binding : policy.bindings) bound |= RoleSet{1} << binding.role;
  return bound;
}

// L1: a role of a documented flow that no address has.
void check_roles(const Policy& policy, std::vector<Error>& remarks) {
  const RoleSet bound = bound_roles(policy);
  RoleSet used = 0;
  for (const DocumentedFlow& flow : policy.flows) used |= flow.from | flow.to;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    const Role& role = policy.roles[i];
    if (role.builtin || role.optional || (used >> i & 1) == 0 || (bound >> i & 1) != 0) continue;
    remarks.push_back({.what = fmt::format("L1: role {} has no address", role.id),
                       .hint = fmt::format("add [bind.{}] to the site file", role.id)});
  }
}

// L5: a VIP that is also a member, or two bindings with one VIP.
void check_vips(const Policy& policy, std::vector<Error>& remarks) {
  for (const Binding& binding : policy.bindings) {
    for (const Subnet& vip : binding.vip) {
      if (std::find(binding.members.begin(), binding.members.end(), vip) != binding.members.end()) {
        remarks.push_back({.what = fmt::format("L5: {} is VIP and member of {}", to_text(vip),
                                               policy.roles[binding.role].id)});
      }
      for (const Binding& other : policy.bindings) {
        if (other.role <= binding.role) continue;
        if (std::find(other.vip.begin(), other.vip.end(), vip) == other.vip.end()) continue;
        remarks.push_back(
            {.what = fmt::format("L5: {} is the VIP of {} and {}", to_text(vip),
                                 policy.roles[binding.role].id, policy.roles[other.role].id)});
      }
    }
  }
}

// L7: SIP between servers is documented in one direction only.
void check_opposites(const Policy& policy, std::vector<Error>& remarks) {
  constexpr std::uint16_t sip_tls_port = 5061;
  for (const DocumentedFlow& flow : policy.flows) {
    if (std::find(flow.ports.begin(), flow.ports.end(), sip_tls_port) == flow.ports.end()) continue;
    const bool opposite =
        std::any_of(policy.flows.begin(), policy.flows.end(), [&](const DocumentedFlow& other) {
          return (other.from & flow.to) != 0 && (other.to & flow.from) != 0 &&
                 std::find(other.ports.begin(), other.ports.end(), sip_tls_port) !=
                     other.ports.end();
        });
    if (opposite) continue;
    remarks.push_back({.what = fmt::format("L7: {} has no row in the opposite direction", flow.id),
                       .where = fmt::format("{}:{}", flow.place.file, flow.place.line)});
  }
}

}  // namespace

std::vector<Error> check_policy(const Policy& policy) {
  std::vector<Error> remarks;
  check_roles(policy, remarks);
  check_vips(policy, remarks);
  for (const Flag& flag : policy.flags) {
    if (flag.answered) continue;
    remarks.push_back({.what = fmt::format("L6: {} is not answered, {} is assumed: {}", flag.id,
                                           flag.value, flag.ask),
                       .hint = fmt::format("set [flags] {} = true or false", flag.id)});
  }
  check_opposites(policy, remarks);
  for (const DocumentedFlow& flow : policy.flows) {
    for (const std::string& doubt : flow.doubts) {
      const auto found = policy.doubts.find(doubt);
      remarks.push_back({.what = fmt::format("L9: {}: doubt {}: {}", flow.id, doubt,
                                             found == policy.doubts.end() ? "" : found->second)});
    }
  }
  return remarks;
}

}  // namespace pcapaudit
