// One flow as one line: a JSON object for machines, a table row for people.
//
// The JSON keys are the contract's (docs/inspect.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.hpp"

namespace pcapaudit {

// A JSON object on one line, without a line break. `facts` is what flow_facts_json() made of the
// flow, whose records are not looked at; `capture` is the name of the flow's input.
std::string flow_json(const ClosedFlow& flow, std::string_view facts, std::string_view capture);
// What does not change any more when a flow has ended, as a JSON object.
std::string flow_facts_json(const ClosedFlow& flow, const Verdict& verdict);

// An aligned table of flows with a heading.
std::string flow_table(std::span<const std::unique_ptr<AuditedFlow>> flows);

}  // namespace pcapaudit
