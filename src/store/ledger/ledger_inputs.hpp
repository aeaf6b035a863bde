// The files an audit was made from, as far as they are still there.
#pragma once

#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/ledger/ledger.hpp"

namespace pcapaudit {

// Captures by their recorded SHA-256, policy files by their recorded text. A file is looked for as
// it was named, then beside the database.
void check_inputs(SQLite::Database& database, const std::string& path, std::vector<Check>& checks);

}  // namespace pcapaudit
