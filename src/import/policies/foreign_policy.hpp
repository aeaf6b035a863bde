// Policies of other tools: which tool wrote a file, and its rows. What a row of ours cannot say is
// remarked with its line, and the row is left out where it would let more pass than the policy
// does. Hostile files are bounded; nothing is resolved, and nothing else is read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "import/roles.hpp"
#include "policy/import.hpp"

namespace pcapaudit {

enum class ForeignFormat : std::uint8_t {
  none,  // a document with tables
  commatrix_csv,
  commatrix_json,
  kubernetes,  // also Calico and Cilium
  nftables_json,
  nftables,
  iptables,
  security_groups,
  aerleon,  // .pol, .net, .svc
  netbox_json,
  netbox_csv
};
ForeignFormat foreign_format_of(std::string_view text);

struct ForeignRemark {
  std::uint32_t line = 0;
  std::string what, hint;
};

// What the readers find.
class ForeignPolicy {
 public:
  // The role that the policy calls by this name; addresses that it is known to have are for [bind].
  std::string role(const std::string& name, const std::vector<std::string>& addresses = {});
  // The role of this number, which an export of ours wrote as it is.
  std::string own_role(const std::string& id);
  // "any" for every address; nullopt when it is none. Else a role of that address or network.
  std::optional<std::string> role_of_address(std::string_view address);

  void add(ImportedRow row) { rows_.push_back(std::move(row)); }
  void remark(std::uint32_t line, std::string what, std::string hint = {}) {
    remarks_.push_back({.line = line, .what = std::move(what), .hint = std::move(hint)});
  }
  void bind(const std::string& role, const std::string& address);

  std::vector<ImportedRow>& rows() { return rows_; }
  std::vector<ForeignRemark>& remarks() { return remarks_; }
  std::map<std::string, ImportedRole>& roles() { return roles_; }

 private:
  std::vector<ImportedRow> rows_;
  std::vector<ForeignRemark> remarks_;
  std::map<std::string, ImportedRole> roles_;
  std::map<std::string, std::string> ids_;  // of roles, by the names that the policy gives them
  std::map<std::string, int> counts_;       // names that became one id
};

// Reads one file of a format that is not `none`. Of Aerleon all files are one text, definitions
// may stand behind the terms that use them.
void read_foreign_policy(ForeignFormat format, std::string_view text, ForeignPolicy& out);

// A row of an export of ours: fields by the names of row_columns(). False, with a remark, when it
// is none.
bool read_exported_fields(const std::map<std::string, std::string>& fields, std::uint32_t line,
                          ImportedRow& row, ForeignPolicy& out);

// Rows of one name that are all pairs of some sources, destinations and transports are one row.
void join_rows(std::vector<ImportedRow>& rows);

// Everything that TCP and UDP carry, remarked, as no row says "every protocol".
void allow_all_ports(ImportedRow& row, ForeignPolicy& out);
// "443", "8000-8010", "8000:8010", a list with commas; empty: not understood.
PortRanges ports_in(std::string_view text);
constexpr const char* no_app_hint = "give app in the draft, or no flow will ever meet the row";
constexpr PortRange every_port{.first = 1, .last = 65'535};

// The parts of read_foreign_policy().
void read_commatrix_csv(std::string_view text, ForeignPolicy& out);
void read_netbox_csv(std::string_view text, ForeignPolicy& out);
void read_json_policy(ForeignFormat format, std::string_view text, ForeignPolicy& out);
void read_kubernetes(std::string_view text, ForeignPolicy& out);
void read_aerleon(std::string_view text, ForeignPolicy& out);
void read_nftables_text(std::string_view text, ForeignPolicy& out);
void read_iptables(std::string_view text, ForeignPolicy& out);

}  // namespace pcapaudit
