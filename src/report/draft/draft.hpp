// Drafts made from an audit: rows for what is documented nowhere, and the beginning of a site file.
// Nothing in a draft is approved. Deterministic.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "store/store.hpp"

namespace pcapaudit {

// Rows, TOML, to be given beside the policy of the audit, or alone where it had none. Every flow
// that breaks the policy is allowed by them, or told at the end with why it is not.
Result<std::string> learn(const Store& store);

// What documents say, for a site file.
struct DocumentPack {
  std::string file, text;                                 // as it is named in `use`
  std::map<std::string, std::vector<std::string>> binds;  // addresses that documents give to roles
};
// A site file for what an audit without a policy saw: hosts in groups with why, bound to the roles
// of the documents where their services fit; open questions, the one of most flows first.
Result<std::string> begin_site(const Store& store, const std::vector<DocumentPack>& documents);

}  // namespace pcapaudit
