// The audit as text or JSON, read from the database only.
#pragma once

#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "store/store.hpp"

namespace pcapaudit {

struct Changes;  // report/diff.hpp

struct ReportOptions {
  std::string database_name;  // for the "next:" lines; empty when it was not kept
  bool color = false;
  bool is_short = false;  // a screen or two: the gravest of each list, and where the rest is
};

// Why a run ended with an exit code.
struct ExitReason {
  int code = 0;
  std::string why;
};
struct JsonParts {
  const Changes* changes = nullptr;  // since an earlier audit
  std::vector<ExitReason> exit;      // all that apply, by weight; empty: not known
};

// What a person reads at the end of `audit` and from `report DB`.
Result<std::string> render_text(const Store& store, const ReportOptions& options);
// One JSON object: run, captures, verdict totals, findings, rules, role matrix, TLS facts.
Result<std::string> render_json(const Store& store, const JsonParts& parts = {});

}  // namespace pcapaudit
