// Answers to somebody's own SQL, and all views as files.
//
// Only reading statements are answered (Store::ask). Text goes out as it is made, so memory does
// not grow with the rows. A failure to write is the answer of whoever writes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <pcapaudit/base/result.hpp>

#include "report/diff/diff.hpp"
#include "store/store.hpp"

namespace pcapaudit {

using WriteText = std::function<Result<void>(std::string_view)>;

// `format`: "table" (columns for a terminal, no character that it would obey), "json" (a list with
// an object for each row) or "csv" (docs/formats.md).
Result<void> answer_query(const Store& store, const std::string& sql, const std::string& format,
                          const WriteText& write, const AskLimits& limits = {});

// Makes the folder when it is missing and writes one file for each view: v_flow.csv ... and
// changes.csv when there are `changes` to tell (or null). Files of these names are replaced.
Result<void> write_csv(const Store& store, const Changes* changes, const std::string& folder);

}  // namespace pcapaudit
