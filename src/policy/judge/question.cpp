// Imagined flows: the same judgement as for captured ones.

#include "policy/judge/question.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text/nearest_word.hpp"
#include "policy/application_names.hpp"

namespace pcapaudit {
namespace {

constexpr std::uint64_t some_packets = 10, some_bytes = 4000;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const char* const begin = text.data() + at;
  const auto parsed = std::from_chars(begin, begin + count, value);
  if (parsed.ec != std::errc{} || parsed.ptr != begin + count) return std::nullopt;
  return value;
}

std::uint16_t version_of(const std::string& text) {
  if (text == "1.0") return 0x0301;
  if (text == "1.1") return 0x0302;
  if (text == "1.2") return 0x0303;
  if (text == "1.3") return 0x0304;
  return 0;
}

Result<void> read_target(const std::string& target, ClosedFlow& flow) {
  const std::size_t slash = target.find('/');
  const auto transport = parse_transport(target.substr(0, slash));
  if (transport && !has_ports(*transport) && slash == std::string::npos) {
    flow.transport = *transport;
    return {};
  }
  const bool known = transport && has_ports(*transport);
  unsigned port = 0;
  const std::string number = slash == std::string::npos ? "" : target.substr(slash + 1);
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), port);
  const bool good = parsed.ec == std::errc{} && parsed.ptr == number.data() + number.size() &&
                    port >= 1 && port <= 65'535;
  if (!known || !good) {
    return fail(fmt::format("\"{}\" is no transport and port", target),
                "write tcp/443, udp/53, sctp/3868, or what has no ports: icmp, esp, 50");
  }
  flow.transport = *transport;
  flow.server.port = static_cast<std::uint16_t>(port);
  flow.client.port = 50'000;
  return {};
}

// What a question may say beside the names that rows use.
bool is_asked_app(const std::string& app, std::vector<std::string>& known) {
  known = {"none", "unknown", "sip inside TLS"};
  for (const ApplicationName& it : application_names()) known.emplace_back(it.name);
  const auto transport = parse_transport(app);
  return app.empty() || transport || std::find(known.begin(), known.end(), app) != known.end();
}

// What the row that fits these ends and this port carries.
std::string documented_app(const Judge& judge, ClosedFlow flow) {
  flow.app = "none";
  const Verdict verdict = judge.judge(flow);
  const auto row = std::find_if(judge.policy().flows.begin(), judge.policy().flows.end(),
                                [&](const DocumentedFlow& it) { return it.id == verdict.rule; });
  if (row == judge.policy().flows.end()) return {};
  return row->app == "sip" && row->tls ? "sip inside TLS" : row->app;
}

Result<void> put_tls(const Question& question, ClosedFlow& flow) {
  TlsFacts tls;
  tls.client_hello = tls.server_hello = tls.established = true;
  tls.client_hello_whole = tls.server_hello_whole = true;
  tls.client_handshake_read = tls.server_handshake_read = true;
  tls.version = version_of(question.tls_version);
  if (tls.version == 0) {
    return fail(fmt::format("\"{}\" is no TLS version", question.tls_version),
                "1.0, 1.1, 1.2 or 1.3");
  }
  // A question names no cipher: an ordinary one, so that none of its own is found wanting.
  constexpr std::uint16_t x25519 = 29;
  constexpr std::uint16_t aes_128_gcm_sha256 = 0x1301, ecdhe_rsa_aes_128_gcm_sha256 = 0xc02f;
  tls.cipher = tls.version == 0x0304 ? aes_128_gcm_sha256 : ecdhe_rsa_aes_128_gcm_sha256;
  tls.group = x25519;
  tls.sni = question.host;
  constexpr MutualTls all[] = {MutualTls::proven,           MutualTls::declined,
                               MutualTls::not_requested,    MutualTls::indicated,
                               MutualTls::indicated_absent, MutualTls::undeterminable};
  const auto* const mutual = std::find_if(
      std::begin(all), std::end(all), [&](MutualTls it) { return to_text(it) == question.mutual; });
  if (mutual == std::end(all)) {
    return fail(fmt::format("\"{}\" is no evidence of mutual TLS", question.mutual),
                "proven, declined, not-requested, indicated, indicated-absent or undeterminable");
  }
  tls.mutual = *mutual;
  const bool is_indicated =
      tls.mutual == MutualTls::indicated || tls.mutual == MutualTls::indicated_absent;
  if (is_indicated && tls.version != 0x0304) {
    return fail(fmt::format("\"{}\" is said of TLS 1.3 alone", question.mutual),
                "add --tls 1.3 (tls = \"1.3\" in a test)");
  }
  if (tls.mutual == MutualTls::indicated) tls.mutual_sizes = TlsFlight::ecdsa_256;
  if (tls.mutual == MutualTls::indicated_absent) tls.mutual_sizes = TlsFlight::not_requested;
  tls.mutual_reason = tls.mutual != MutualTls::undeterminable ? MutualReason::none
                      : tls.version == 0x0304                 ? MutualReason::tls13_encrypted
                                                              : MutualReason::resumed;
  flow.app = "tls";
  flow.records = {tls};
  return {};
}

}  // namespace

std::optional<Timestamp> parse_time(const std::string& text) {
  const auto date = start_of_day(std::string_view(text).substr(0, 10), "Etc/UTC");
  if (!date) return std::nullopt;
  if (text.size() == 10) return date;
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const bool form = text.size() >= 20 && (text[10] == 'T' || text[10] == ' ') && text[13] == ':' &&
                    text[16] == ':';
  if (!form || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::int64_t ns = date->ns + (*hour * 3600LL + *minute * 60LL + *second) * ns_per_second;
  std::size_t at = 19;
  if (text[at] == '.') {
    std::int64_t unit = ns_per_second;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      unit /= 10;
      ns += unit * (text[at] - '0');
    }
  }
  const std::string_view zone = std::string_view(text).substr(at);
  if (zone == "Z" || zone == "z") return Timestamp{ns};
  const auto off_hours = digits(zone, 1, 2), off_minutes = digits(zone, 4, 2);
  const bool offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':';
  if (!offset || !off_hours || !off_minutes) return std::nullopt;
  const std::int64_t shift = (*off_hours * 3600LL + *off_minutes * 60LL) * ns_per_second;
  return Timestamp{zone[0] == '+' ? ns - shift : ns + shift};
}

Result<Asked> asked_flow(const Question& question, const Judge& judge, Timestamp now) {
  Asked asked;
  ClosedFlow& flow = asked.flow;
  const auto source = IpAddress::parse(question.source);
  const auto destination = IpAddress::parse(question.destination);
  if (!source || !destination) {
    return fail(
        fmt::format("\"{}\" is no address", source ? question.destination : question.source),
        "write 10.1.2.3 or 2001:db8::1");
  }
  flow.client.address = *source;
  flow.server.address = *destination;
  if (auto read = read_target(question.target, flow); !read) return std::unexpected(read.error());
  const auto time = question.at.empty() ? now : parse_time(question.at);
  if (!time) {
    return fail(fmt::format("\"{}\" is no time", question.at), "write 2026-11-20T10:00:00Z");
  }
  flow.first = flow.last = *time;
  flow.direction_basis = DirectionBasis::syn;
  flow.outcome = Outcome::data;
  flow.packets = {some_packets, some_packets};
  flow.bytes = flow.payload_bytes = {some_bytes, some_bytes};
  if (question.vlan != 0) flow.vlans = {question.vlan};

  std::string app = question.app;
  if (std::vector<std::string> known; !is_asked_app(app, known)) {
    return fail(fmt::format("app \"{}\" is unknown", app),
                did_you_mean(app, known, "pcapaudit policy apps lists the names"));
  }
  const bool is_dissected = flow.transport == Transport::tcp || flow.transport == Transport::udp;
  if (app.empty() && is_dissected) asked.assumed = app = documented_app(judge, flow);
  if (!is_dissected) {
    flow.app = to_text(flow.transport);
  } else if (app.empty() || app == "none") {
    flow.app = "none";
    flow.payload_bytes = {};
    flow.outcome = Outcome::handshake;
  } else if (app == "https" || app == "tls" || app == "sip inside TLS") {
    if (auto put = put_tls(question, flow); !put) return std::unexpected(put.error());
  } else {
    flow.app = app;
    if (app == "http") {
      HttpFacts http;
      if (!question.host.empty()) http.hosts.add(question.host);
      if (!question.path.empty()) http.paths.add(question.path);
      http.requests = http.responses = 1;
      flow.records = {http};
    }
  }
  return asked;
}

}  // namespace pcapaudit
