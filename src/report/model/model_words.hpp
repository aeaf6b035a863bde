// Sentences of the report that no database holds: reasons, counters, controls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/model/model.hpp"

namespace pcapaudit {

std::string_view meaning_of_reason(std::string_view reason);  // why a flow could not be judged
std::string_view meaning_of_issue(std::string_view issue);    // why a packet gave no flow
std::vector<CrosswalkRow> control_crosswalk();
std::string_view status_words(ReportRule::Status status);  // "used", "window too short", ...
std::vector<Definition> glossary();
std::vector<Definition> counters(const ReportModel& model);

}  // namespace pcapaudit
