// All secrets of TLS connections that a run has, before its packets are read: key logs, and what
// captures bring along. They stay in memory that is wiped, and go nowhere else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>

#include "dissectors/tls/keys/key_store.hpp"

namespace pcapaudit {

struct GivenSecrets {
  std::shared_ptr<const TlsKeyStore> keys;  // null: there are none
  std::vector<Error> warnings;              // of files that others may read, of lines, of caps
};

// Fails when a key log cannot be read. `captures` as expand_paths() gives them.
Result<GivenSecrets> collect_secrets(const std::vector<std::string>& key_logs,
                                     const std::vector<std::string>& captures);

}  // namespace pcapaudit
