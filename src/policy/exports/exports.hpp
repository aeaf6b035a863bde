// A policy's rows for other tools. What a format cannot say is told, never left out in silence.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace pcapaudit {

struct Export {
  std::string text;
  std::vector<std::string> unsaid;  // sentences: what of which rows the text does not carry
  // Files that stand beside the text when it goes to a file: the end of their name, their text.
  std::vector<std::pair<std::string, std::string>> beside;
};

struct ExportFormat {
  const char* name;
  const char* about;
  Export (*write)(const Policy& policy);
};
const std::vector<ExportFormat>& export_formats();

Export export_csv(const Policy& policy);
Export export_markdown(const Policy& policy);
// For `nft -f`: roles are sets, empty where no address is bound.
Export export_nftables(const Policy& policy);
// A NetworkPolicy for each row; roles are the label pcapaudit/role.
Export export_kubernetes(const Policy& policy);
// Policy, networks and services; as one text when it goes to standard output.
Export export_aerleon(const Policy& policy);
// OpenShift's matrix: who listens, not who asks.
Export export_commatrix(const Policy& policy);

// "nft cannot say the application: 12 rows", for each of these columns that some row fills.
void tell_unsaid(const Policy& policy, std::initializer_list<std::string_view> columns,
                 Export& out);
// Rows that are not in the text at all, with why.
void tell_left_out(const std::vector<std::string>& rows, std::string_view why, Export& out);

}  // namespace pcapaudit
