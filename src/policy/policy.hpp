// The documented allowed flows and the site's addresses, as loaded from TOML.
//
// A Policy is read-only after load_policy(); many threads may read it at once.
// The format: docs/policy-file.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pcapaudit/base/ip.hpp>
#include <pcapaudit/base/result.hpp>

#include "net/packet.hpp"
#include "policy/finding_kind.hpp"
#include "policy/schedule.hpp"

namespace pcapaudit {

struct PortRange {
  std::uint16_t first = 0, last = 0;
  bool operator==(const PortRange&) const = default;
  bool contains(std::uint16_t port) const { return first <= port && port <= last; }
};
using PortRanges = std::vector<PortRange>;
bool contains(const PortRanges& ranges, std::uint16_t port);
// Sorted, disjoint: "80", "443", "50000-59999" with `separator` between them.
std::string to_text(const PortRanges& ranges, std::string_view separator = ",");

struct SourcePlace {
  std::string file;  // as given, or "built-in:lync2013-seeds"
  std::uint32_t line = 0;
};

struct DocumentSource {  // [source.S0]
  std::string id, title, file;
  std::string section, version;  // which table of the page, and which state of it
  std::string sha256, modified;
  SourcePlace place;  // where the pack names it
};
struct DocumentLines {  // { doc = "S0", lines = "20,24" }
  std::string document, lines;
};

// A role is named by its index in Policy::roles. At most 64 roles fit one policy.
using RoleSet = std::uint64_t;         // bit i = Policy::roles[i]
constexpr std::size_t max_roles = 64;  // RoleSet is one word; a site has a dozen roles

struct Role {
  std::string id, title, host;
  bool builtin = false;
  bool optional = false;
  bool required = false;  // by the site: an audit that never saw it is none
  bool absent = false;    // the site says that it has none
  std::string pack;
};

// The roles that every policy has, in the order of their numbers in Policy.
const std::vector<Role>& builtin_role_list();

struct NatAddress {  // the same endpoint as it is seen outside the firewall
  Subnet address;
  PortRanges ports;  // empty: whatever the port
};

struct Binding {  // [bind.ROLE]
  std::size_t role = 0;
  std::vector<Subnet> addresses, vip, members;
  std::vector<Subnet> snat;  // the balancer's own addresses towards the members
  PortRanges monitor;        // ports of the balancer's health checks, which are not judged
  std::vector<NatAddress> nat;
  std::vector<std::uint16_t> seen_on;  // VLAN ids; empty: everywhere
};

class TrustStore;

struct TlsProfile {
  enum class Mutual : std::uint8_t { unstated, no, yes };
  std::string id;
  std::uint16_t min_version = 0;  // 0x0301 ...; 0 = unstated
  std::uint16_t warn_below = 0;
  Mutual mutual = Mutual::unstated;
  std::vector<std::string> names;           // "@variables" resolved; empty: not looked at
  bool sni_must_match = false;              // a client that asks for a name asks for one of them
  bool sni_required = false;                // the client asks for a name
  std::vector<std::string> client_issuers;  // the same of the client's certificate
  std::string trust;                        // file or folder of anchors, as written
  std::shared_ptr<const TrustStore> anchors;
  std::vector<std::string> issuers;  // parts of the issuer's name; "public": not self-signed
  std::uint32_t min_days_left = 0;
  bool client_eku = false;                 // the client's certificate is for client authentication
  std::vector<std::string> ciphers;        // suites, encryptions or "aead"; empty: not looked at
  std::vector<std::string> key_exchanges;  // words of TlsKeyExchange; empty: not looked at
  std::uint16_t min_dh_bits = 0;           // of finite-field exchanges
};

struct HttpProfile {
  std::string id;
  bool redirect_https = false;  // answers are redirects to https://, but for the exception:
  std::vector<std::string> except_hosts, except_paths;
  std::string except_when;  // expression
  bool excepts = false;     // its value
  std::vector<std::string> hosts, paths, deny_paths;
  std::optional<Severity> outside;  // other hosts and paths are only reported, this grave
  bool credentials_forbidden = false;
  bool keep_host = false;  // the Host field is one of `hosts`, not a name from inside
};

struct DocumentedFlow {  // [[flow]]: one row of the documentation
  std::string id, pack, title;
  std::vector<std::string> profiles;
  RoleSet from = 0, to = 0;  // the bit of `any` matches every address
  std::vector<Transport> transports;
  PortRanges ports;
  std::string app;                // "http", "https", "sip", "tls", or another application's name
  std::string need, discouraged;  // expressions as written; empty = never
  bool is_needed = false;         // their values under the policy's flags
  bool is_discouraged = false;
  std::optional<TlsProfile> tls;
  std::optional<HttpProfile> http;
  std::optional<Schedule> schedule;
  std::string expect;                // how often it comes: "hourly", ..., "rare"; empty: unsaid
  bool wants_vip = false;            // address = "vip"
  bool allows_related = false;       // related = true: FTP data or SIP media that such flows announce
  std::optional<Severity> severity;  // of findings on this row, by an override
  bool is_disabled = false;          // by an override
  std::string overridden;            // why a site narrowed, re-rated or loosened it; empty: not so
  std::vector<std::string> loosens;  // rows that this own one asks less than, as it says
  std::string basis;                 // "row", "prose", "site", ...
  std::vector<std::string> doubts;
  std::vector<DocumentLines> sources;
  std::string why, owner, approved, review;  // site flows
  bool is_draft = false;                     // approved = false: learned, and nobody has read it
  SourcePlace place;
};
// "port 443 or 444"; of a row without ports its transports, "esp or ah".
std::string port_words(const DocumentedFlow& row);

struct Mapping {  // [[mapping]]: which inner row the proxy uses for requests of an outer one
  std::string id, outer, inner;
  std::vector<std::string> hosts;
  std::vector<DocumentLines> sources;
};

struct Mistake {  // [[mistake]]: explains a violation
  std::string id, say;
  RoleSet from = 0, to = 0;
  PortRanges ports;
  Severity severity = Severity::medium;
  std::vector<std::string> apps;  // what the bytes are; empty: not said
};

// One end of an exception: an address or a role; neither: every host.
struct ExceptionEnd {
  std::vector<Subnet> addresses;
  RoleSet roles = 0;
  bool is_open() const { return addresses.empty() && roles == 0; }
};

struct Exception {  // [[exception]]: findings that somebody has taken responsibility for
  std::string id, reason, owner, approver, ticket;
  std::string created, expires;    // dates as written
  Timestamp valid_from, valid_to;  // start of the first day, end of the last, in the site's zone
  ExceptionEnd from, to;
  PortRanges ports;               // empty: all
  std::vector<std::string> apps;  // as in rows; empty: all
  std::string flow, name;         // row; host name asked for
  std::vector<FindingKind> waives;
  std::optional<Schedule> schedule;
  std::uint64_t flows_per_day = 0;  // 0: no limit
  SourcePlace place;
};

// What `policy check` has to say about a policy that can be read.
struct Lint {
  std::string code;  // "L1" ...
  bool is_error = false;
  Error remark;
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

  // Builtin ones first (builtin_roles()).
  std::vector<Role> roles;
  std::vector<Binding> bindings;
  std::vector<DocumentedFlow> flows;     // enabled ones, in file order
  std::vector<DocumentedFlow> disabled;  // by an override, with its reason in `overridden`
  std::vector<Mapping> mappings;
  std::vector<Mistake> mistakes;
  std::vector<Exception> exceptions;
  std::vector<Lint> lints;
  std::map<std::string, std::string> doubts;
  std::vector<DocumentSource> documents;
  std::vector<Flag> flags;
  std::map<std::string, std::uint16_t> port_variables;
  std::map<std::string, std::vector<std::string>> names;
  std::map<FindingKind, Severity> severities;  // complete: defaults filled in
  std::vector<Subnet> internal_networks, client_networks;
  bool judge_all = false;    // judge = "all"; else only flows with a bound role
  bool strict = false;       // rows and prose of the documentation only
  bool ask_unknown = false;  // unknown_internal = "ask": their flows are undetermined
  std::vector<std::pair<std::string, std::string>> files;  // name and text, as read

  static constexpr std::size_t role_any = 0, role_internal_clients = 1, role_unknown_internal = 2,
                               role_internet = 3, role_load_balancer = 4, role_any_internal = 5,
                               role_loopback = 6, role_link_local = 7, role_multicast = 8,
                               role_broadcast = 9;
  static constexpr std::size_t builtin_roles = 10;

  std::string role_names(RoleSet set) const;  // ids joined by '+', in the order of `roles`
  std::optional<std::size_t> find_role(std::string_view id) const;
};

constexpr RoleSet role_bit(std::size_t role) {
  return RoleSet{1} << role;
}
constexpr RoleSet any_bit = role_bit(Policy::role_any);
constexpr RoleSet any_internal_bit = role_bit(Policy::role_any_internal);
// Roles whose addresses are no hosts of the site; all others are, so every bound role, too.
constexpr RoleSet outside_roles =
    any_bit | any_internal_bit | role_bit(Policy::role_internet) | role_bit(Policy::role_loopback) |
    role_bit(Policy::role_link_local) | role_bit(Policy::role_multicast) |
    role_bit(Policy::role_broadcast);
static_assert(outside_roles == 1001);  // as v_negative says it (schema/005_views.sql)
// A row's `any` stands for every address, its `any-internal` for every host of the site. What a
// host with these roles may be called in a row:
constexpr RoleSet row_words(RoleSet roles) {
  return roles | any_bit | ((roles & ~outside_roles) != 0 ? any_internal_bit : RoleSet{0});
}

// Loads files and built-in packs in the order given. A name that is a built-in pack's id, or
// a path. Fails on the first error with file, line, column, excerpt and hint. `strict` leaves out
// rows that rest on anything but a table row or a sentence of the documentation. Rows may name
// `own_applications` beside what application_names() has.
Result<Policy> load_policy(const std::vector<std::string>& names, bool strict = false,
                           std::span<const std::string> own_applications = {});
// The same from texts that were read before (Policy::files).
Result<Policy> load_policy_texts(const std::vector<std::pair<std::string, std::string>>& files,
                                 bool strict = false);

struct BuiltInPack {
  std::string_view id, text;
};
std::vector<BuiltInPack> built_in_packs();
}  // namespace pcapaudit
