// Turns the tables of packs and site files into one Policy. Used by load_policy() only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/load/expression.hpp"
#include "policy/load/toml_reader.hpp"
#include "policy/policy.hpp"

namespace pcapaudit {

constexpr std::string_view site_pack = "site";  // DocumentedFlow::pack of a site's own rows

constexpr std::string_view built_in_prefix = "built-in:";  // before the name of a built-in pack
inline bool is_built_in(const TomlReader& in) {
  return in.file().starts_with(built_in_prefix);
}

enum class FileKind : std::uint8_t { pack, site };
// In Policy::files, before the path of a trust file.
constexpr std::string_view trust_prefix = "trust:";
// In Policy::files, in front of them all: what dissectors of the caller's tell, a line each.
constexpr std::string_view own_applications_file = "applications:dissectors";

class PolicyLoader {
 public:
  PolicyLoader();

  // A site may move the ports of a pack's variables: told before the pack's rows are read.
  void take_port_overrides(TomlReader& site);
  // What a trust file held when the policy was read before.
  void give_trust(std::string path, std::string text) {
    trust_texts_[std::move(path)] = std::move(text);
  }
  // Names that rows may use beside application_names(), a line each. Empty: none.
  void give_applications(const std::string& lines);
  // Reads one file into the policy; packs before the sites that use them.
  Result<void> add(TomlReader& in, FileKind kind);
  // Read until now, policies and what they name.
  const std::vector<std::pair<std::string, std::string>>& files() const { return policy_.files; }
  // Fills in what depends on all files: profiles, expressions, defaults.
  Result<Policy> finish(const std::string& digest, bool strict);

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
  // policy_site.cpp
  void read_bindings(TomlReader& in);
  void read_binding(TomlReader& in, const toml::table& table, toml::source_region place,
                    std::size_t role);
  std::vector<NatAddress> read_nat(TomlReader& in, const toml::table& table);
  std::vector<std::uint16_t> read_vlans(TomlReader& in, const toml::table& table);
  void read_shares(TomlReader& in);
  void read_site(TomlReader& in);
  void read_severities(TomlReader& in);
  void read_schedules(TomlReader& in);
  void read_overrides(TomlReader& in);
  void read_exceptions(TomlReader& in);
  void read_exception(TomlReader& in, const toml::table& table);
  void read_exception_match(TomlReader& in, const toml::table& table, Exception& exception);
  void lint_exception_flow(TomlReader& in, const toml::table& match, const Exception& exception);
  void read_exception_dates(TomlReader& in, const toml::table& table, Exception& exception);
  ExceptionEnd read_exception_end(TomlReader& in, const toml::table& table, std::string_view key);
  // policy_profiles.cpp
  void read_tls(TomlReader& in);
  void read_trust(TomlReader& in, const toml::table& table, TlsProfile& profile);
  void read_http(TomlReader& in);
  std::vector<std::string> resolved(const std::vector<std::string>& names, bool is_used);
  void resolve_profiles(DocumentedFlow& flow);
  // policy_rows.cpp
  void read_flows(TomlReader& in);
  void read_flow(TomlReader& in, const toml::table& table);
  void read_flow_profiles(TomlReader& in, const toml::table& table, DocumentedFlow& flow);
  void read_loosening(TomlReader& in, const toml::table& table, DocumentedFlow& flow);
  std::vector<std::string> applications(TomlReader& in, const toml::table& table);
  std::optional<Severity> severity_of(TomlReader& in, const toml::table& table,
                                      std::string_view key);
  void read_mappings(TomlReader& in);
  void read_mistakes(TomlReader& in);
  void read_doubts(TomlReader& in);
  // policy_lints.cpp
  Error at_row(const DocumentedFlow& flow, std::string what, std::string hint) const;
  void lint(bool has_site);
  void lint_roles(bool has_site);
  void lint_addresses();
  void lint_flags();
  void lint_rows();
  void lint_names();
  void lint_unset_names();

  RoleSet role_set(TomlReader& in, const std::vector<TomlReader::Word>& words);
  PortRanges ports(TomlReader& in, const toml::table& table, std::string_view key, bool required);
  void add_port(TomlReader& in, const toml::node& node, PortRanges& ports);
  bool read_related(TomlReader& in, const toml::table& table, std::string_view app);
  std::optional<Schedule> schedule_named(TomlReader& in, const toml::table& table);
  std::vector<Transport> transports(TomlReader& in, const toml::table& table);
  std::vector<DocumentLines> sources(TomlReader& in, const toml::table& table);
  std::vector<Subnet> subnets(TomlReader& in, const toml::table& table, std::string_view key);
  std::vector<std::string> role_ids() const;
  void check_shared_addresses();
  void check_profiles();
  bool is_chosen(const DocumentedFlow& flow) const;
  // policy_loosening.cpp
  std::vector<RoleSet> shared_roles() const;
  void check_loosening(std::vector<DocumentedFlow> documented);
  void say_loosening(const PendingFlow& pending, DocumentedFlow& row, const std::string& demand);
  void apply_overrides();
  std::optional<bool> expression(const PendingFlow& pending, const std::string& text);
  std::optional<Error> first_error() const;

  Policy policy_;
  std::string pack_;  // id of the file being read, "site" for a site
  std::map<std::string, TlsProfile> tls_;
  std::map<std::string, HttpProfile> http_;
  std::map<std::string, Schedule> schedules_;
  std::map<std::string, std::string> trust_texts_;  // by path
  std::vector<std::string> own_applications_;
  std::set<std::string> flow_ids_;
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
  struct Override {
    std::string row;
    const toml::table* table;
    toml::source_region place;
    TomlReader* file;
  };
  std::vector<Override> overrides_;
  struct Place {
    TomlReader* file;
    toml::source_region region;
  };
  std::map<std::string, Place> places_;  // "bind.ROLE", "flag.NAME", "names.NAME", "mapping.ID" ...
  std::vector<TomlReader*> readers_;
  std::set<std::string> unset_names_;  // of rows in use: variables without a name
};

}  // namespace pcapaudit
