// Exceptions are tried in the policy's order; see the header.

#include "policy/judge/exceptions.hpp"

#include <algorithm>

#include "policy/fit/application_fit.hpp"
#include "policy/host_names.hpp"

namespace pcapaudit {
namespace {

bool fits(const ExceptionEnd& end, const IpAddress& address, RoleSet roles) {
  if (end.is_open() || fits_roles(end.roles, roles)) return true;
  return std::any_of(end.addresses.begin(), end.addresses.end(),
                     [&](const Subnet& subnet) { return subnet.contains(address); });
}

// As rows name applications. What nobody saw is covered by no exception that names one.
bool is_app(const std::string& app, const ClosedFlow& flow, const Verdict& verdict) {
  const bool sip = verdict.service.starts_with("SIP");
  if (app == "https" && sip) return false;
  return carries(flow, app) || (app == "sip" && sip);
}

// The name a client asks for is the client's word, which the server's certificate has to confirm
// where it can be seen.
bool asks_for(const ClosedFlow& flow, const std::string& name) {
  if (const TlsFacts* tls = flow.tls()) {
    if (!tls->server_chain.empty()) return matches_any(names_of(*tls->server_chain.front()), name);
    if (matches_any({name}, tls->sni)) return true;
  }
  const HttpFacts* http = flow.http();
  return http != nullptr && !http->hosts.empty() && http->hosts.more == 0 &&
         std::all_of(http->hosts.values.begin(), http->hosts.values.end(),
                     [&](const std::string& host) { return matches_any({name}, bare_host(host)); });
}

}  // namespace

Covering covering(const Policy& policy, const ClosedFlow& flow, Ends ends, const Verdict& verdict,
                  FindingKind kind) {
  Covering found;
  for (const Exception& it : policy.exceptions) {
    const bool waives = std::find(it.waives.begin(), it.waives.end(), kind) != it.waives.end();
    const bool in_order = fits(it.from, flow.client.address, ends.client) &&
                          fits(it.to, flow.server.address, ends.server);
    const bool swapped = is_without_opener(flow.transport) &&
                         fits(it.from, flow.server.address, ends.server) &&
                         fits(it.to, flow.client.address, ends.client);
    if (!waives || (!in_order && !swapped)) continue;
    if (!it.ports.empty() && !contains(it.ports, flow.server.port)) continue;
    if (!it.flow.empty() && it.flow != verdict.rule) continue;
    if (!it.name.empty() && !asks_for(flow, it.name)) continue;
    const bool app_fits =
        it.apps.empty() || std::any_of(it.apps.begin(), it.apps.end(), [&](const std::string& app) {
          return is_app(app, flow, verdict);
        });
    if (!app_fits || (it.schedule && !is_within(*it.schedule, flow.first))) continue;
    const bool in_force = it.valid_from <= flow.first && flow.first <= it.valid_to;
    const Exception*& slot = in_force ? found.in_force : found.not_in_force;
    if (slot == nullptr) slot = &it;
  }
  return found;
}

}  // namespace pcapaudit
