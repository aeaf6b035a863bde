// The documentation's name for what a flow carries, and on what that name rests.
#include <algorithm>

#include "base/text/ascii.hpp"
#include "policy/fit/application_fit.hpp"
#include "policy/judge/verdict.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint16_t sip_tls_port = 5061;

bool is_https_port(std::uint16_t port) {
  constexpr std::uint16_t ports[] = {443, 444, 4443, 8443};  // IANA's and the documentation's
  return std::find(std::begin(ports), std::end(ports), port) != std::end(ports);
}

ServiceName tls_service(const ClosedFlow& flow, const TlsFacts& tls, std::string_view documented) {
  const bool proven = tls.mutual == MutualTls::proven;
  const std::string sip = proven ? "SIP/MTLS" : "SIP/TLS";
  const std::string bare = proven ? "MTLS" : "TLS";
  const std::string carried = carried_in_tls(flow);
  if (carried == "http") return {"HTTPS", Basis::content};
  if (carried == "sip") return {sip, Basis::content};
  if (documented == "https") return {"HTTPS", Basis::partial};
  if (documented == "sip") return {sip, Basis::partial};
  if (documented == "tls") return {bare, Basis::content};
  if (is_https_port(flow.server.port)) return {"HTTPS", Basis::partial};
  if (flow.server.port == sip_tls_port) return {sip, Basis::partial};
  return {bare, Basis::content};
}

}  // namespace

ServiceName service_of(const ClosedFlow& flow, std::string_view documented_app) {
  if (flow.app == "none") {
    return {"", documented_app.empty() ? Basis::none : Basis::port};
  }
  if (flow.app == "unknown") return {"", Basis::none};
  if (flow.app == "tls") {
    if (const TlsFacts* tls = flow.tls()) return tls_service(flow, *tls, documented_app);
  }
  return {ascii_upper(flow.app), Basis::content};
}

}  // namespace pcapaudit
