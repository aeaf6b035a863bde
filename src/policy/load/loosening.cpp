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

std::string loosened_tls(const TlsProfile& own, const TlsProfile& row) {
  if (own.min_version < row.min_version) return "min_version";
  const bool is_mutual = own.mutual == TlsProfile::Mutual::yes;
  if (row.mutual == TlsProfile::Mutual::yes && !is_mutual) return "mutual";
  if (is_mutual && own.accepts_indicated && !row.accepts_indicated) return "accept";
  if (is_mutual && own.asks_of_absent && !row.asks_of_absent) return "absent";
  if (has_less(own.names, row.names)) return "names";
  if (row.sni_must_match && !own.sni_must_match) return "sni";
  if (row.sni_required && !own.sni_required) return "sni";
  if (has_less(own.issuers, row.issuers)) return "issuer";
  if (has_less(own.client_issuers, row.client_issuers)) return "client_issuer";
  if (row.anchors != nullptr && own.trust != row.trust) return "trust";
  if (has_less(own.ciphers, row.ciphers)) return "ciphers";
  if (has_less(own.key_exchanges, row.key_exchanges)) return "key_exchange";
  if (own.min_dh_bits < row.min_dh_bits) return "min_dh_bits";
  if (row.client_eku && !own.client_eku) return "client_eku";
  // What is only remarked is a demand, too: of rows that are met one is enough.
  if (std::max(own.min_version, own.warn_below) < row.warn_below) return "warn_below";
  if (own.min_days_left < row.min_days_left) return "min_days_left";
  return {};
}

bool excepts(const HttpProfile& profile) {
  return profile.excepts && !(profile.except_hosts.empty() && profile.except_paths.empty());
}

std::string loosened_http(const HttpProfile& own, const HttpProfile& row) {
  if (row.redirect_https) {
    if (!own.redirect_https) return "answer";
    const bool same = row.except_hosts == own.except_hosts && row.except_paths == own.except_paths;
    if (excepts(own) && !(excepts(row) && same)) return "answer_except";
  }
  if (row.credentials_forbidden && !own.credentials_forbidden) return "credentials";
  for (const std::string& denied : row.deny_paths) {
    if (!RequestPath(denied).is_denied_by(own.deny_paths)) return "deny_paths";
  }
  if (row.outside) {
    const bool remarks = !own.outside || *own.outside >= *row.outside;
    const bool same = !has_less(own.hosts, row.hosts) && !has_less(own.paths, row.paths);
    return remarks && same ? "" : "outside";
  }
  if (has_less(own.hosts, row.hosts) || (!row.hosts.empty() && own.outside)) return "hosts";
  if (has_less(own.paths, row.paths) || (!row.paths.empty() && own.outside)) return "paths";
  return {};
}

}  // namespace

std::string loosened_demand(const DocumentedFlow& own, const DocumentedFlow& row) {
  if (!shares_flows(own, row)) return {};
  const std::string_view own_inner = protocol_of(own), inner = protocol_of(row);
  const bool own_tls = wants_tls(own), row_tls = wants_tls(row);
  // What TLS carries is seldom seen, so all rows that ask for TLS speak of the same flows.
  const bool is_related = (own_tls && row_tls) || own_inner == inner;
  if (!is_related) return {};
  if (row_tls && !own_tls) return "TLS";
  if (row.schedule && row.schedule != own.schedule) return "schedule";
  if (row_tls && own_inner.empty() && !inner.empty()) return "app";
  if (row.wants_vip && !own.wants_vip) return "address";
  if (row.is_discouraged && !own.is_discouraged) return "discouraged";
  if (row.tls) {
    if (const std::string less = loosened_tls(own.tls.value_or(TlsProfile{}), *row.tls);
        !less.empty()) {
      return less;
    }
  }
  // HTTP in clear is read; inside TLS only where it was decrypted, and then the same holds.
  if (row.http) return loosened_http(own.http.value_or(HttpProfile{}), *row.http);
  return {};
}

}  // namespace pcapaudit
