// The documented allowed flows and the site's addresses, as loaded from TOML.
//
// A Policy is read-only after load_policy(); many threads may read it at once.
// The format: docs/policy-file.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/result.hpp>
#include <pcapaudit/net/packet.hpp>

namespace pcapaudit {

// Ordered: a later value is graver.
enum class Severity : std::uint8_t { info, low, medium, high, critical };
std::string_view to_text(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

enum class FindingKind : std::uint8_t {
  undocumented,         // no documented flow matches
  reversed_direction,   // the documented flow exists, the other way round
  wrong_application,    // address, port and direction fit; the bytes are something else
  not_mutual,           // the row asks for mutual TLS; it was declined or not asked for
  old_tls,              // below the row's min_version
  expired_certificate,  // server or client certificate not valid at capture time
  discouraged,          // allowed, but the documentation advises against it here
  vip_bypass,           // allowed, but a pool member was addressed instead of the VIP
  needed_not_seen,      // a needed documented flow was never seen although both roles were
};
constexpr std::size_t finding_kind_count = 9;
std::string_view to_text(FindingKind kind);  // "undocumented", "reversed-direction", ...
std::optional<FindingKind> parse_finding_kind(std::string_view text);

struct SourcePlace {
  std::string file;  // as given, or "built-in:lync2013-seeds"
  std::uint32_t line = 0;
};

struct DocumentSource {  // [source.S0]
  std::string id, title, file, sha256, modified;
};
struct DocumentLines {  // { doc = "S0", lines = "20,24" }
  std::string document, lines;
};

// A role is named by its index in Policy::roles. At most 64 roles fit one policy.
using RoleSet = std::uint64_t;         // bit i = Policy::roles[i]
constexpr std::size_t max_roles = 64;  // RoleSet is one word; a site has a dozen roles

struct Role {
  std::string id, title, host;
  bool builtin = false;  // any, internal-clients, unknown-internal, internet
  bool optional = false;
  std::string pack;
};

struct Binding {  // [bind.ROLE]
  std::size_t role = 0;
  std::vector<Subnet> addresses, vip, members;
};

struct TlsProfile {
  enum class Mutual : std::uint8_t { unstated, no, yes };
  std::string id;
  std::uint16_t min_version = 0;  // 0x0301 ...; 0 = unstated
  Mutual mutual = Mutual::unstated;
  std::vector<std::string> not_evaluated;  // keys that are loaded and shown, but not judged yet
};

struct DocumentedFlow {  // [[flow]]: one row of the documentation
  std::string id, pack, title;
  std::vector<std::string> profiles;
  RoleSet from = 0, to = 0;  // the bit of `any` matches every address
  std::vector<Transport> transports;
  std::vector<std::uint16_t> ports;
  std::string app;                // "http", "https", "sip", "tls", or another application's name
  std::string need, discouraged;  // expressions as written; empty = never
  bool is_needed = false;         // their values under the policy's flags
  bool is_discouraged = false;
  std::optional<TlsProfile> tls;
  bool wants_vip = false;  // address = "vip"
  std::string basis;       // "row", "prose", "site", ...
  std::vector<std::string> doubts;
  std::vector<DocumentLines> sources;
  std::string why, owner, approved, review;  // site flows
  std::vector<std::string> not_evaluated;
  SourcePlace place;
};

struct Mapping {  // [[mapping]]: loaded and shown, not evaluated yet
  std::string id, outer, inner;
  std::vector<std::string> hosts;
  std::vector<DocumentLines> sources;
};

struct Mistake {  // [[mistake]]: explains a violation
  std::string id, say;
  RoleSet from = 0, to = 0;
  std::vector<std::uint16_t> ports;
  Severity severity = Severity::medium;
};

struct Flag {
  std::string id, ask;
  bool value = false;
  bool answered = false;  // by the site; else the default
};

struct Policy {
  struct Pack {
    std::string id, title, revision;
  };
  std::vector<Pack> packs;
  std::vector<std::string> profiles;  // chosen by the site; all when it names none
  std::string site_name, owner, timezone, product;
  std::string digest;  // SHA-256 over all files' texts in order, lower-case hex

  std::vector<Role> roles;  // builtin ones first: any, internal-clients, unknown-internal, internet
  std::vector<Binding> bindings;
  std::vector<DocumentedFlow> flows;  // enabled ones, in file order
  std::vector<Mapping> mappings;
  std::vector<Mistake> mistakes;
  std::map<std::string, std::string> doubts;
  std::vector<DocumentSource> documents;
  std::vector<Flag> flags;
  std::map<std::string, std::uint16_t> port_variables;
  std::map<std::string, std::vector<std::string>> names;
  std::map<FindingKind, Severity> severities;  // complete: defaults filled in
  std::vector<Subnet> internal_networks, client_networks;
  bool judge_all = false;  // judge = "all"; else only flows with a bound role

  static constexpr std::size_t role_any = 0, role_internal_clients = 1, role_unknown_internal = 2,
                               role_internet = 3;

  // Roles of an address, never empty: exact before network, longest prefix wins, equal
  // length gives the union; an unbound address is internal-clients, unknown-internal or
  // internet. The bit of `any` is not set.
  RoleSet roles_of(const IpAddress& address) const;
  // True when a [bind] names the address.
  bool is_bound(const IpAddress& address) const;
  std::string role_names(RoleSet set) const;  // ids joined by '+', in the order of `roles`
  std::optional<std::size_t> find_role(std::string_view id) const;
};

// Loads files and built-in packs in the order given. A name that is a built-in pack's id, or
// a path. Fails on the first error with file, line, column, excerpt and hint.
Result<Policy> load_policy(const std::vector<std::string>& names);

struct BuiltInPack {
  std::string_view id, text;
};
std::vector<BuiltInPack> built_in_packs();

// `policy check`: remarks on a policy that loads (Error::what says warning text).
std::vector<Error> check_policy(const Policy& policy);

}  // namespace pcapaudit
