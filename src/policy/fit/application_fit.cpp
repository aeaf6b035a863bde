// Compares recognised bytes with the application of a row; see the header.

#include "policy/fit/application_fit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "policy/judge/evidence.hpp"

namespace pcapaudit {
namespace {

using Kind = ApplicationFit::Kind;
constexpr ApplicationFit fits{.kind = Kind::fits, .reason = Reason::none};
constexpr ApplicationFit wrong{.kind = Kind::wrong, .reason = Reason::none};

// With fewer bytes than this a probe may still have waited for more: a TLS record with the
// start of its hello, and the shortest request line, are complete within it.
constexpr std::uint64_t recognisable_bytes = 16;

std::uint32_t count_of(const ClosedFlow& flow, Anomaly anomaly) {
  return flow.anomalies[static_cast<std::size_t>(anomaly)];
}

// HTTP, TLS and SIP show themselves in their first bytes. If both directions were captured from
// the start and neither was recognised, the flow is none of them.
bool is_surely_other(const DocumentedFlow& row, const ClosedFlow& flow) {
  const bool shows_itself =
      row.app == "http" || row.app == "https" || row.app == "tls" || row.app == "sip";
  const bool from_start = flow.transport == Transport::tcp && flow.outcome == Outcome::data &&
                          flow.direction_basis == DirectionBasis::syn;
  const SeenBytes seen = seen_bytes(flow);
  const bool all_read = is_lossless(flow.account[0]) && is_lossless(flow.account[1]);
  return shows_itself && from_start && seen.is_whole && all_read && seen.is_recognisable;
}

// Another protocol came after the one that was recognised.
bool is_foreign(const ClosedFlow& flow) {
  return flow.account[0].end == Unread::foreign || flow.account[1].end == Unread::foreign;
}

// What else the flow carried beside the wanted application, or nullptr. A proxy's client goes on
// with TLS or HTTP, frames of a WebSocket are made for web traffic, STUN keeps ways open, and a
// load balancer's PROXY header stands before any protocol.
const std::string* other_app(std::string_view wanted, const ClosedFlow& flow) {
  constexpr std::string_view harmless[] = {"tls", "http", "websocket", "stun", "proxy-protocol"};
  const auto found =
      std::find_if(flow.other_apps.begin(), flow.other_apps.end(), [&](const std::string& app) {
        return app != wanted &&
               std::find(std::begin(harmless), std::end(harmless), app) == std::end(harmless);
      });
  return found == flow.other_apps.end() ? nullptr : &*found;
}

// Application of a record, "" for TLS itself.
std::string name_of(const AppRecord& record) {
  if (std::holds_alternative<TlsFacts>(record)) return {};
  return std::string(record_protocol(record));
}

// Names of the IANA registry of ALPN protocol ids, with the drafts that are still seen.
std::string app_of_alpn(const std::string& alpn) {
  const bool is_http = alpn == "h2" || alpn.starts_with("h2-") || alpn.starts_with("http/") ||
                       alpn.starts_with("spdy/");
  if (is_http) return "http";
  if (alpn == "sip" || alpn.starts_with("sip/")) return "sip";
  return alpn;
}

// The two that people write in capitals; other names stay as the dissectors give them.
std::string spelled(const std::string& app) {
  if (app == "http") return "HTTP";
  if (app == "sip") return "SIP";
  if (app == "tls") return "TLS";
  return app;
}

// `inner` is what the row wants inside TLS.
bool tls_fits(const ClosedFlow& flow, std::string_view inner) {
  if (flow.app != "tls") return false;
  const std::string carried = carried_in_tls(flow);
  return carried.empty() || carried == inner;
}

// Media comes in several clothes: the connectivity checks of ICE (STUN), the relay's framing, keys
// by DTLS, reports beside the stream.
bool is_media(std::string_view wanted, const ClosedFlow& flow) {
  constexpr std::string_view clothes[] = {"rtp", "rtcp", "stun", "ms-turn", "dtls"};
  if (wanted != "rtp" && wanted != "stun" && wanted != "ms-turn") return false;
  return std::find(std::begin(clothes), std::end(clothes), flow.app) != std::end(clothes);
}

// SCTP, ESP, GRE, ...: no dissector looks inside, and the application is the transport's own name.
bool is_bare_transport(const ClosedFlow& flow) {
  return flow.transport != Transport::tcp && flow.transport != Transport::udp &&
         flow.transport != Transport::icmp && flow.app == to_text(flow.transport);
}

bool recognised_fits(const DocumentedFlow& row, const ClosedFlow& flow) {
  if (is_media(row.app, flow)) return true;
  if (row.app == "https") return tls_fits(flow, "http");
  if (row.app == "sip" && row.tls) return tls_fits(flow, "sip");
  if (flow.app == row.app) return true;
  return wants_tls(row) && tls_fits(flow, row.app);
}

}  // namespace

bool wants_tls(const DocumentedFlow& row) {
  return row.app == "https" || row.app == "tls" || (row.app != "http" && row.tls.has_value());
}

SeenBytes seen_bytes(const ClosedFlow& flow) {
  const auto [client, server] = flow.payload_bytes;
  return {.of_client = client > 0,
          .of_server = server > 0,
          .is_recognisable = client >= recognisable_bytes && server >= recognisable_bytes,
          .is_whole = flow.gaps == 0 && count_of(flow, Anomaly::gap) == 0 &&
                      count_of(flow, Anomaly::truncated) == 0 &&
                      count_of(flow, Anomaly::reassembly_cap) == 0 &&
                      count_of(flow, Anomaly::memory) == 0};
}

// Microsoft's relay begins TCP connections with a mock handshake, so that they pass what lets TLS
// through: two hellos of TLS 1.0 without a name, and no certificate. What shows more is real TLS.
ApplicationFit mock_handshake_fit(const ClosedFlow& flow) {
  constexpr std::uint16_t tls13 = 0x0304;
  const TlsFacts* tls = flow.tls();
  if (tls == nullptr || !carried_in_tls(flow).empty() || !tls->sni.empty()) return wrong;
  if (tls->resumed || tls->version >= tls13 || !tls->server_chain.empty()) return wrong;
  const Reason lost = missing(Evidence::server_hello, flow) != Reason::none
                          ? Reason::application_unread
                          : missing(Evidence::certificate, flow);
  return lost == Reason::none ? fits : ApplicationFit{.kind = Kind::undetermined, .reason = lost};
}

ApplicationFit fit_application(const DocumentedFlow& row, const ClosedFlow& flow) {
  if (flow.transport == Transport::icmp) return fits;  // by roles alone
  if (!flow.server_app.empty() || is_foreign(flow)) return wrong;
  if (flow.app == "none") return {.kind = Kind::undetermined, .reason = Reason::no_payload};
  if (flow.app == "unknown") {
    if (is_surely_other(row, flow)) return wrong;
    return {.kind = Kind::undetermined, .reason = Reason::unknown_application};
  }
  if (is_bare_transport(flow)) {
    // Its bytes are not looked at. A row that names a transport asks for no more.
    if (parse_transport(row.app)) return fits;
    return {.kind = Kind::undetermined, .reason = Reason::unknown_application};
  }
  if (row.app == "ms-turn" && flow.app == "tls") {
    if (other_app("tls", flow) != nullptr) return wrong;
    if (const ApplicationFit mock = mock_handshake_fit(flow); mock.kind != Kind::fits) return mock;
  } else if (!recognised_fits(row, flow) || other_app(row.app, flow) != nullptr) {
    return wrong;
  }
  // Whoever asks for TLS alone does not ask what it carries.
  const Reason unread = missing(row.app == "tls" ? Evidence::outside : Evidence::application, flow);
  return {.kind = unread == Reason::none ? Kind::fits : Kind::undetermined, .reason = unread};
}

std::string_view protocol_of(const DocumentedFlow& row) {
  if (row.app == "https") return "http";
  if (row.app == "tls") return {};
  return row.app;
}

bool is_same_protocol(const DocumentedFlow& row, const ClosedFlow& flow) {
  const std::string_view wanted = protocol_of(row);
  return !wanted.empty() && wanted == (flow.app == "tls" ? carried_in_tls(flow) : flow.app);
}

bool carries(const ClosedFlow& flow, std::string_view app) {
  if (!flow.server_app.empty() || is_foreign(flow) || other_app(app, flow) != nullptr) return false;
  if (app == "https") return tls_fits(flow, "http");
  return flow.app == app || (flow.app == "tls" && carried_in_tls(flow) == app);
}

std::string carried_in_tls(const ClosedFlow& flow) {
  const TlsFacts* tls = flow.tls();
  if (tls == nullptr) return {};
  const auto is_tls = [](const AppRecord& it) { return std::holds_alternative<TlsFacts>(it); };
  auto record = std::find_if(flow.records.begin(), flow.records.end(), is_tls);
  for (; record != flow.records.end(); ++record) {
    if (std::string name = name_of(*record); !name.empty()) return name;
  }
  return app_of_alpn(tls->alpn);
}

std::string expected_application(const DocumentedFlow& row) {
  if (row.app == "https") return "HTTPS";
  if (row.app == "sip") return row.tls ? "SIP inside TLS" : "plain SIP";
  return spelled(row.app);
}

std::string observed_application(const DocumentedFlow& row, const ClosedFlow& flow) {
  if (!flow.server_app.empty()) {
    return fmt::format("client {}, server {}", flow.app, flow.server_app);
  }
  if (is_foreign(flow)) {
    const auto& others = flow.other_apps;
    return fmt::format("{}, then {}", flow.app, others.empty() ? "another" : others.back());
  }
  if (const std::string* other = other_app(row.app, flow)) {
    return fmt::format("{}, then {}", flow.app, *other);
  }
  if (flow.app == "none") return "no payload";
  if (flow.app == "unknown") return "unknown application";
  if (flow.app == "tls") {
    const std::string carried = carried_in_tls(flow);
    return carried.empty() ? "TLS" : fmt::format("{} inside TLS", spelled(carried));
  }
  const bool has_tls_twin = flow.app == "http" || flow.app == "sip";
  if (has_tls_twin && wants_tls(row)) return "plain " + spelled(flow.app);
  return spelled(flow.app);
}

}  // namespace pcapaudit
