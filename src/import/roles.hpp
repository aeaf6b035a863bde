// Whom the cells of a port table name: roles of the built-in documentation by their whole names,
// anybody, or a role of the document's own.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace pcapaudit {

struct ImportedRole {
  std::string title;              // as written, the fullest form
  std::vector<std::string> bind;  // addresses that stand in the name
};

// A name for a role: the letters and digits of its title.
std::string role_slug(const std::string& title);

class ImportedRoles {
 public:
  // Cells that name one end, of all tables, before any is read: what stands alone somewhere may be
  // a part of a list elsewhere.
  void note(const std::string& cell);

  struct Named {
    std::vector<std::string> roles;  // names; empty when the cell is
    std::vector<std::string> fresh;  // of those, the document's own that were not named before
  };
  Named take(const std::string& cell);

  const std::map<std::string, ImportedRole>& own() const { return own_; }

 private:
  std::string own_role(const std::string& cell, std::vector<std::string>& fresh);

  std::set<std::string> alone_;               // folded
  std::map<std::string, std::string> names_;  // by folded title without addresses
  std::map<std::string, ImportedRole> own_;   // by name
};

}  // namespace pcapaudit
