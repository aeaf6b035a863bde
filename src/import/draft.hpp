// Imported rows as a pack, TOML. Equal rows of several documents are one row with several sources.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "import/roles.hpp"
#include "policy/import.hpp"

namespace pcapaudit {

std::string write_draft(const std::vector<ImportFile>& files, const std::vector<ImportedRow>& rows,
                        const std::map<std::string, ImportedRole>& own_roles);

// Roles and addresses alone, the beginning of a site file.
std::string write_bindings(const std::vector<ImportFile>& files,
                           const std::map<std::string, ImportedRole>& roles);

// May a row of this application demand something of TLS? The others begin in clear, or are known
// under another name once they are inside TLS.
bool carries_profile(const ImportedRow& row);

// At most `longest` bytes, never cut inside a character.
std::string shorten_utf8(std::string_view text, std::size_t longest);

}  // namespace pcapaudit
