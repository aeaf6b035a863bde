// The ledger of an audit database: decisions and sign-offs, chained, signed, and checked again.
//
// A sign-off records a digest of every table, so that later nothing in the database, and nothing
// that it was made from, can differ without being named. Forms: docs/ledger.md. What it cannot
// show: that its last rows were taken away, for which the printed hash of a sign-off is compared by
// hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pcapaudit/base/result.hpp>
#include <pcapaudit/base/time.hpp>

#include "base/signature.hpp"

namespace pcapaudit {

struct Decision {
  std::string finding, decision, note;  // decision: "accept", "fix", "exception"
  bool operator==(const Decision&) const = default;
};

struct SignOff {
  std::string reviewer, note;
  std::vector<Decision> decisions;
  Timestamp at;
  bool operator==(const SignOff&) const = default;
};

// What was added last.
struct Signed {
  std::int64_t number = 0;
  std::string hash, public_key;
  bool operator==(const Signed&) const = default;
};

// Adds the decisions and then the sign-off: all of them, or none. Refuses a database that is not
// finished, that does not fit its ledger, or in which a decided finding does not exist.
// Findings may be named by the beginning of their ids.
Result<Signed> sign_audit(const std::string& path, SignOff sign_off, const SigningKey& key);

struct Check {
  enum class State : std::uint8_t { fits, differs, not_checked };
  State state = State::fits;
  std::string what;  // "table flow", "capture x.pcap", "ledger entry 2"
  std::string why;   // when it does not fit, or was not checked
  bool operator==(const Check&) const = default;
};

// Everything that can be checked: the file's own integrity, the captures and policy files that are
// there (as named, or beside the database), the policy's digest, every table, the chain and its
// signatures. `keys` are public keys that may have signed; empty means any. Fails only when the
// file is no audit database.
Result<std::vector<Check>> verify_audit(const std::string& path,
                                        const std::vector<std::string>& keys);

}  // namespace pcapaudit
