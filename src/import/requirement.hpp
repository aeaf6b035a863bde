// What a row demands of TLS, in words.
#pragma once

#include <string>
#include <vector>

namespace pcapaudit {

struct Requirement {
  bool tls = false;
  bool mutual = false;
  bool denied_mutual = false;  // "no mutual TLS"
  std::string min_version;     // "1.2"; "" when it is not said
  std::vector<std::string> doubts;
};

Requirement requirement_in(const std::string& text);
// A cell of a column that is headed "mutual".
Requirement mutual_column(const std::string& cell);

// The application that is named, as rows write it; "" when none is. `others`: what else is.
std::string application_in(const std::string& text, std::vector<std::string>& others);

}  // namespace pcapaudit
