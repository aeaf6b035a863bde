// Why a flow got its verdict: every row tried, the field that failed, the evidence, the remedy.
#pragma once

#include <string>

#include <pcapaudit/base/result.hpp>

#include "policy/judge/verdict.hpp"
#include "store/store.hpp"

namespace pcapaudit {

// `id`: a finding "V-1A2B", or the number of a flow.
Result<std::string> explain(const Store& store, const std::string& id);

// The judgement of one flow; `capture` is the name of the input that holds it, or empty for a flow
// that was only imagined.
std::string explain_flow(const Judge& judge, const ClosedFlow& flow, const std::string& capture);

// The documented flows of an audit: used, unused, not observable, window too short.
Result<std::string> render_rules(const Store& store);

// The stored flows under another policy: what would change. `changes` counts flows.
struct Replay {
  std::string text;
  std::uint64_t flows = 0, changes = 0;
};
Result<Replay> replay(const Store& store, const Policy& draft);

}  // namespace pcapaudit
