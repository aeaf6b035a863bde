// What every text column of the database holds, for a redacted copy.
//
// Records of dissectors say it in rows/record_columns; all other tables here. A test demands an
// entry for each text column of schema/*.sql. Constants; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "store/rows/record_columns.hpp"

namespace pcapaudit {

// In the order of tables as they are listed; each column once.
std::vector<ColumnClass> column_classes();

}  // namespace pcapaudit
