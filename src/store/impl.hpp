// What a Store owns: one connection, and what writing needs.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>

#include <pcapaudit/policy/policy.hpp>
#include <pcapaudit/store/store.hpp>

#include "store/flow_rows.hpp"

namespace pcapaudit {

struct Store::Impl {
  std::string path;
  SQLite::Database database;
  std::optional<Policy> policy;       // once written
  std::optional<FlowRows> flow_rows;  // needs the policy

  Impl(const std::string& file, int flags) : path(file), database(file, flags) {}
};

}  // namespace pcapaudit
