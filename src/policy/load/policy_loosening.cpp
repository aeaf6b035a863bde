// The second law: no row takes away what another demands without saying so.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "policy/load/loosening.hpp"
#include "policy/load/policy_loader.hpp"

namespace pcapaudit {

// Roles that some address has together: its flows meet the rows of all of them.
std::vector<RoleSet> PolicyLoader::shared_roles() const {
  std::map<std::string, RoleSet> by_address;
  for (const Binding& binding : policy_.bindings) {
    const RoleSet role = role_bit(binding.role);
    for (const auto* list : {&binding.addresses, &binding.vip, &binding.members}) {
      for (const Subnet& subnet : *list) by_address[to_text(subnet)] |= role;
    }
    for (const NatAddress& nat : binding.nat) by_address[to_text(nat.address)] |= role;
    for (const Subnet& subnet : binding.snat) {
      by_address[to_text(subnet)] |= role_bit(Policy::role_load_balancer);
    }
  }
  std::vector<RoleSet> shared;
  for (const auto& [address, roles] : by_address) {
    if ((roles & (roles - 1)) != 0) shared.push_back(roles);
  }
  return shared;
}

// Of two rows on the same ends and port a flow needs to meet only one. So a row that asks for less
// than another takes the other's demands away, and has to say so. `documented`: the rows before a
// site narrowed or disabled them. Built-in packs are documentation, and one does not loosen
// another; a pack of one's own stands beside the other packs as a site's own row does.
void PolicyLoader::check_loosening(std::vector<DocumentedFlow> documented) {
  const std::vector<RoleSet> shared = shared_roles();
  const auto widen = [&](RoleSet& roles) {
    const RoleSet named = roles;
    for (const RoleSet together : shared) {
      if ((together & named) != 0) roles |= together;
    }
  };
  // A member of a pool hears its clients from the balancer's own address.
  RoleSet behind_balancer = 0;
  for (const Binding& binding : policy_.bindings) {
    if (!binding.snat.empty()) behind_balancer |= role_bit(binding.role);
  }
  for (DocumentedFlow& row : documented) {
    if ((row.to & (behind_balancer | any_bit | any_internal_bit)) != 0 && behind_balancer != 0) {
      row.from |= role_bit(Policy::role_load_balancer);
    }
    // Where no role has a VIP nobody can bypass one.
    row.wants_vip =
        row.wants_vip &&
        std::any_of(policy_.bindings.begin(), policy_.bindings.end(), [&](const Binding& binding) {
          return (row.to >> binding.role & 1) != 0 && !binding.vip.empty();
        });
    widen(row.from);
    widen(row.to);
  }
  std::set<std::size_t> built_in;
  for (const PendingFlow& pending : pending_) {
    if (is_built_in(*pending.file)) built_in.insert(pending.index);
  }
  for (const PendingFlow& pending : pending_) {
    const DocumentedFlow& own = policy_.flows[pending.index];
    if (built_in.contains(pending.index) || own.is_disabled || !is_chosen(own)) continue;
    std::vector<std::string> loosened;
    for (std::size_t i = 0; i < documented.size(); ++i) {
      const DocumentedFlow& row = documented[i];
      // A pack's name does not make it the built-in one.
      const bool is_beside = own.pack == site_pack || built_in.contains(i) ||
                             (row.pack != own.pack && row.pack != site_pack);
      if (i == pending.index || !is_beside || !is_chosen(row)) continue;
      const std::string demand = loosened_demand(own, row);
      if (demand.empty()) continue;
      loosened.push_back(row.id);
      say_loosening(pending, policy_.flows[i], demand);
    }
    for (const std::string& id : own.loosens) {
      if (std::find(loosened.begin(), loosened.end(), id) != loosened.end()) continue;
      pending.file->report(pending.place,
                           fmt::format("L11: flow \"{}\" does not loosen \"{}\"", own.id, id),
                           did_you_mean(id, loosened, "leave loosens out"));
    }
  }
}

void PolicyLoader::say_loosening(const PendingFlow& pending, DocumentedFlow& row,
                                 const std::string& demand) {
  const DocumentedFlow& own = policy_.flows[pending.index];
  if (std::find(own.loosens.begin(), own.loosens.end(), row.id) != own.loosens.end()) {
    if (!row.overridden.empty()) row.overridden += "; ";
    row.overridden +=
        fmt::format("loosened by {} ({}): {}: {}", own.id, own.owner, demand, own.why);
    return;
  }
  pending.file->report(
      pending.place,
      fmt::format("L11: flow \"{}\" takes away what \"{}\" demands: {}", own.id, row.id, demand),
      fmt::format("demand it here as well, or say loosens = \"{}\" with why and owner", row.id));
}

}  // namespace pcapaudit
