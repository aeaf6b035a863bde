// One flow as one line: a JSON object for machines, a table row for people.
//
// The JSON keys are the contract's (docs/inspect.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <pcapaudit/store/store.hpp>

namespace pcapaudit {

// A JSON object on one line, without a line break. `capture` is the name of the flow's input.
std::string flow_json(const AuditedFlow& audited, const std::string& capture);

// An aligned table of flows with a heading.
std::string flow_table(std::span<const std::unique_ptr<AuditedFlow>> flows);

}  // namespace pcapaudit
