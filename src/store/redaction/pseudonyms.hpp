// Stable names in place of real ones: HMAC-SHA-256 under the site's key, ten hex digits of it.
//
// "ip-3f9c01d2aa" for an address, "net-...", "name-...", "uri-...", "file-...", "id-...". Two real
// values that would get one pseudonym are counted as a collision, and nothing is shown then.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.hpp"

namespace pcapaudit {

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

  // Words that free text may hold without a dot (host names, people), and whole phrases.
  void learn_name(const std::string& name);
  void learn_phrase(const std::string& phrase);
  // Words that stay what they are, even if a host has them for its name: roles, services.
  void keep_word(const std::string& word) { kept_.insert(word); }

  std::string address(const std::string& text);  // or a subnet
  std::string name(const std::string& text);     // "host", "host:port", an address
  std::string uri(const std::string& text);      // "/" stays
  std::string id(const std::string& text);
  std::string distinguished_name(const std::string& text);  // RFC 2253: the values only
  std::string patterns(const std::string& text);            // addresses, dotted names, URIs, files
  std::string free_text(const std::string& text);           // these, and what was learned

  std::uint64_t collisions() const { return collisions_; }

 private:
  std::string pseudonym(const char* kind, const std::string& value);
  std::string words(std::string_view text, bool with_learned);
  std::string word(std::string_view token, bool with_learned);

  std::string key_;
  std::unordered_map<std::string, std::string, KeyedHash, std::equal_to<>> real_;  // by pseudonym
  std::uint64_t collisions_ = 0;
  std::set<std::string> names_, kept_;
  std::vector<std::string> phrases_;  // longest first
};

// The attribute values of an RFC 2253 name.
std::vector<std::string> attribute_values(const std::string& distinguished_name);

}  // namespace pcapaudit
