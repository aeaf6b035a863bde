// All names that a row may give for an application.
#pragma once

#include <string_view>
#include <vector>

namespace pcapaudit {

struct ApplicationName {
  std::string_view name;
  // Some dissector tells it by its bytes; else documents speak of it, and no flow can meet the row.
  bool is_recognised = true;
};

// Sorted. What the dissectors tell, the policy's own words for them, and what documents name.
const std::vector<ApplicationName>& application_names();

}  // namespace pcapaudit
