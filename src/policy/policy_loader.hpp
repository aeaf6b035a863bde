// Turns the tables of packs and site files into one Policy. Used by load_policy() only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <pcapaudit/policy/policy.hpp>

#include "policy/expression.hpp"
#include "policy/toml_reader.hpp"

namespace pcapaudit {

enum class FileKind : std::uint8_t { pack, site };

class PolicyLoader {
 public:
  PolicyLoader();

  // A site may move the ports of a pack's variables: told before the pack's rows are read.
  void take_port_overrides(TomlReader& site);
  // Reads one file into the policy; packs before the sites that use them.
  Result<void> add(TomlReader& in, FileKind kind);
  // Fills in what depends on all files: profiles, expressions, defaults.
  Result<Policy> finish(const std::string& digest);

 private:
  struct PendingFlow {  // its expressions wait for all flags and bindings
    std::size_t index;
    TomlReader* file;
    toml::source_region place;
  };

  void read_head(TomlReader& in, FileKind kind);
  void read_documents(TomlReader& in);
  void read_flags(TomlReader& in, FileKind kind);
  void read_ports(TomlReader& in, FileKind kind);
  void read_names(TomlReader& in);
  void read_roles(TomlReader& in);
  void read_bindings(TomlReader& in);
  void read_shares(TomlReader& in);
  void read_site(TomlReader& in);
  void read_severities(TomlReader& in);
  void read_tls(TomlReader& in, FileKind kind);
  void read_flows(TomlReader& in, FileKind kind);
  void read_flow(TomlReader& in, const toml::table& table, FileKind kind);
  void read_mappings(TomlReader& in);
  void read_mistakes(TomlReader& in);
  void read_doubts(TomlReader& in);
  void refuse_what_is_not_evaluated(TomlReader& in);

  RoleSet role_set(TomlReader& in, const std::vector<TomlReader::Word>& words);
  std::vector<std::uint16_t> ports(TomlReader& in, const toml::table& table);
  std::vector<DocumentLines> sources(TomlReader& in, const toml::table& table);
  std::vector<Subnet> subnets(TomlReader& in, const toml::table& table, std::string_view key);
  void refuse(TomlReader& in, const toml::table& table, std::string_view where,
              std::initializer_list<std::string_view> keys);
  std::vector<std::string> role_ids() const;
  void check_shared_addresses();

  Policy policy_;
  std::string pack_;  // id of the file being read, "site" for a site
  std::map<std::string, TlsProfile> tls_;
  std::set<std::string> http_profiles_;
  std::map<std::string, std::uint16_t> port_overrides_;
  std::vector<PendingFlow> pending_;
  std::map<std::string, RoleSet> shares_;  // address text to its declared roles
  struct BoundAddress {
    std::string text;
    std::size_t role;
    TomlReader* file;
    toml::source_region place;
  };
  std::vector<BoundAddress> bound_;
};

}  // namespace pcapaudit
