// Flows of an audit as they were before they became rows, to be judged or explained again.
//
// What the schema does not keep (minutes, retransmitted bytes of streams) stays empty; everything
// that a judgement looks at is there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "flow/closed_flow.hpp"

namespace pcapaudit {

// In ascending order of flow ids. `where`: condition on the table flow, "1" for all.
void for_each_stored_flow(SQLite::Database& database, const std::string& where,
                          const std::function<void(ClosedFlow&&)>& use);

}  // namespace pcapaudit
