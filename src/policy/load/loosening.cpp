// Compares two rows demand by demand; see the header.

#include "policy/load/loosening.hpp"

#include <algorithm>

#include "policy/fit/application_fit.hpp"
#include "policy/host_names.hpp"
#include "policy/load/request_path.hpp"

namespace pcapaudit {
namespace {

// Some address may have roles of both.
bool shares_roles(RoleSet a, RoleSet b) {
  if (((a | b) & any_bit) != 0 || (a & b) != 0) return true;
  const bool a_internal = (a & any_internal_bit) != 0, b_internal = (b & any_internal_bit) != 0;
  return (a_internal && (b & ~outside_roles) != 0) || (b_internal && (a & ~outside_roles) != 0);
}

bool shares_flows(const DocumentedFlow& a, const DocumentedFlow& b) {
  const bool by_port = std::any_of(a.ports.begin(), a.ports.end(), [&](const PortRange& one) {
    return std::any_of(b.ports.begin(), b.ports.end(), [&](const PortRange& other) {
      return one.first <= other.last && other.first <= one.last;
    });
  });
  const bool forward = shares_roles(a.from, b.from) && shares_roles(a.to, b.to);
  const bool backward = shares_roles(a.from, b.to) && shares_roles(a.to, b.from);
  return std::any_of(a.transports.begin(), a.transports.end(), [&](Transport it) {
    const bool of_both =
        std::find(b.transports.begin(), b.transports.end(), it) != b.transports.end();
    if (!of_both || it == Transport::icmp) return false;  // ICMP is judged by roles alone
    return (by_port || !has_ports(it)) && (forward || (backward && is_without_opener(it)));
  });
}

bool has_less(const std::vector<std::string>& own, const std::vector<std::string>& row) {
  return !row.empty() &&
         (own.empty() || !std::all_of(own.begin(), own.end(), [&](const std::string& it) {
            return std::find(row.begin(), row.end(), it) != row.end();
          }));
}

using Names = std::vector<std::string_view>;

// What is only remarked is a demand, too: of rows that are met one is enough.
Names lesser_tls(const TlsProfile& own, const TlsProfile& row) {
  Names less;
  const auto add = [&](std::string_view name, bool is_less) {
    if (is_less) less.push_back(name);
  };
  add("min_version", own.min_version < row.min_version);
  add("mutual", row.mutual == TlsProfile::Mutual::yes && own.mutual != TlsProfile::Mutual::yes);
  add("names", has_less(own.names, row.names));
  add("sni",
      (row.sni_must_match && !own.sni_must_match) || (row.sni_required && !own.sni_required));
  add("issuer", has_less(own.issuers, row.issuers));
  add("client_issuer", has_less(own.client_issuers, row.client_issuers));
  add("trust", row.anchors != nullptr && own.trust != row.trust);
  add("ciphers", has_less(own.ciphers, row.ciphers));
  add("key_exchange", has_less(own.key_exchanges, row.key_exchanges));
  add("min_dh_bits", own.min_dh_bits < row.min_dh_bits);
  add("client_eku", row.client_eku && !own.client_eku);
  add("warn_below", std::max(own.min_version, own.warn_below) < row.warn_below);
  add("min_days_left", own.min_days_left < row.min_days_left);
  return less;
}

bool excepts(const HttpProfile& profile) {
  return profile.excepts && !(profile.except_hosts.empty() && profile.except_paths.empty());
}

Names lesser_http(const HttpProfile& own, const HttpProfile& row) {
  Names less;
  const auto add = [&](std::string_view name, bool is_less) {
    if (is_less) less.push_back(name);
  };
  const bool same = row.except_hosts == own.except_hosts && row.except_paths == own.except_paths;
  add("answer", row.redirect_https && !own.redirect_https);
  add("answer_except",
      row.redirect_https && own.redirect_https && excepts(own) && !(excepts(row) && same));
  add("credentials", row.credentials_forbidden && !own.credentials_forbidden);
  add("deny_paths",
      std::any_of(row.deny_paths.begin(), row.deny_paths.end(), [&](const std::string& denied) {
        return !RequestPath(denied).is_denied_by(own.deny_paths);
      }));
  const bool less_hosts = has_less(own.hosts, row.hosts),
             less_paths = has_less(own.paths, row.paths);
  if (row.outside) {
    const bool remarks = !own.outside || *own.outside >= *row.outside;
    add("outside", !remarks || less_hosts || less_paths);
  } else {
    add("hosts", less_hosts || (!row.hosts.empty() && own.outside));
    add("paths", less_paths || (!row.paths.empty() && own.outside));
  }
  return less;
}

}  // namespace

std::vector<std::string_view> lesser_demands(const DocumentedFlow& own, const DocumentedFlow& row) {
  Names less;
  const auto add = [&](std::string_view name, bool is_less) {
    if (is_less) less.push_back(name);
  };
  const bool own_tls = wants_tls(own), row_tls = wants_tls(row);
  add("TLS", row_tls && !own_tls);
  add("schedule", row.schedule && row.schedule != own.schedule);
  add("app", row_tls && protocol_of(own).empty() && !protocol_of(row).empty());
  add("address", row.wants_vip && !own.wants_vip);
  add("discouraged", row.is_discouraged && !own.is_discouraged);
  const auto take = [&](const Names& names) {
    less.insert(less.end(), names.begin(), names.end());
  };
  if (row.tls) take(lesser_tls(own.tls.value_or(TlsProfile{}), *row.tls));
  // HTTP in clear is read; inside TLS only where it was decrypted, and then the same holds.
  if (row.http) take(lesser_http(own.http.value_or(HttpProfile{}), *row.http));
  return less;
}

std::string loosened_demand(const DocumentedFlow& own, const DocumentedFlow& row) {
  if (!shares_flows(own, row)) return {};
  // What TLS carries is seldom seen, so all rows that ask for TLS speak of the same flows.
  const bool is_related =
      (wants_tls(own) && wants_tls(row)) || protocol_of(own) == protocol_of(row);
  if (!is_related) return {};
  const Names less = lesser_demands(own, row);
  return less.empty() ? std::string() : std::string(less.front());
}

}  // namespace pcapaudit
