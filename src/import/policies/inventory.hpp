// Which address has which role, of an inventory (NetBox), for [bind].
#pragma once

#include <string>

#include "import/policies/foreign_policy.hpp"

namespace pcapaudit {

struct InventoryEntry {
  std::uint32_t line = 0;
  std::string address, role, status, vrf, name;
};
void add_inventory(const InventoryEntry& entry, ForeignPolicy& out);

}  // namespace pcapaudit
