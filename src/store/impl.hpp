// What a Store owns: one connection, and what writing needs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "policy/policy.hpp"
#include "store/part_file.hpp"
#include "store/rows/flow_rows.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// What went wrong with a database, for people.
std::string describe(const std::string& path, const std::exception& error);

// The policy that judged the audit, loaded again from its stored texts.
Result<Policy> stored_policy(SQLite::Database& database);

struct Store::Impl {
  std::string path;              // as the user named it
  std::optional<PartFile> part;  // batch: takes its place in finish()
  SQLite::Database database;
  std::optional<Policy> policy;       // once written
  std::optional<FlowRows> flow_rows;  // needs the policy
  std::optional<SQLite::Transaction> transaction;
  std::size_t uncommitted = 0;   // flows in it
  std::optional<Error> failure;  // of a write: nothing more is written
  StoreUse use = StoreUse::batch;
  std::optional<Timestamp> findings_until;  // live: of the last summary

  // One thread at a time uses a store, so SQLite need not lock.
  Impl(const std::string& name, int flags) : Impl(name, name, flags) {}
  Impl(const std::string& name, const std::string& file, int flags)
      : path(name), database(file, flags | SQLite::OPEN_NOMUTEX) {}
  Impl(const std::string& name, PartFile claimed, int flags)
      : path(name),
        part(std::move(claimed)),
        database(part->path(), flags | SQLite::OPEN_NOMUTEX) {}

  void commit() {
    if (!transaction) return;
    transaction->commit();
    transaction.reset();
    uncommitted = 0;
  }
};

}  // namespace pcapaudit
