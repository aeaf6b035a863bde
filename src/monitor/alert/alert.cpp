// One alert in four formats. Sources: RFC 5424, Elastic Common Schema 8.11 field reference,
// ArcSight Common Event Format (implementation standard, 2017).

#include "monitor/alert/alert.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <pcapaudit/app/app_record.hpp>

#include "base/text/ascii.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;
using Escapes = std::initializer_list<std::pair<char, std::string_view>>;

constexpr std::size_t longest_text = 2048;  // bytes of one field; longer ones are cut

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Printable text in which some characters have been replaced.
std::string escaped(std::string_view text, Escapes escapes) {
  std::string result;
  for (const char c : clean_text(text, longest_text)) {
    const auto* const found = std::find_if(escapes.begin(), escapes.end(),
                                           [&](const auto& escape) { return escape.first == c; });
    if (found == escapes.end()) {
      result += c;
    } else {
      result += found->second;
    }
  }
  return result;
}

std::size_t index_of(Severity severity) {
  return static_cast<std::size_t>(severity);
}

// ---- RFC 5424 -------------------------------------------------------------------------------

constexpr unsigned log_audit = 13;                                    // facility (6.2.1)
constexpr std::array<unsigned, 5> syslog_severity = {6, 5, 4, 3, 2};  // informational ... critical
constexpr std::size_t longest_host = 255;                             // 6, HOSTNAME

// Header fields are printable ASCII without blanks; a missing one is "-" (6).
std::string header_field(std::string_view text, std::size_t limit) {
  std::string field;
  for (const char c : text.substr(0, limit)) field += c > ' ' && c < '\x7f' ? c : '?';
  return field.empty() ? "-" : field;
}

// Six decimals at most (6.2.3).
std::string microseconds(Timestamp time) {
  std::string text = to_text(time);
  text.erase(text.size() - 4, 3);
  return text;
}

std::string parameter(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format(" {}=\"{}\"", name,
                     escaped(value, {{'"', "\\\""}, {'\\', "\\\\"}, {']', "\\]"}}));
}

std::string structured_data(const Alert& alert) {
  const auto port = [](const Endpoint& end) {
    return end.port == 0 ? std::string() : std::to_string(end.port);
  };
  std::string data = "[finding@32473";
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {"id", alert.finding},
           {"kind", alert.kind},
           {"severity", std::string(to_text(alert.severity))},
           {"clientRole", alert.client_role},
           {"serverRole", alert.server_role},
           {"client", to_text(alert.client.address)},
           {"clientPort", port(alert.client)},
           {"server", to_text(alert.server.address)},
           {"serverPort", port(alert.server)},
           {"transport", std::string(to_text(alert.transport))},
           {"service", alert.service},
           {"outcome", alert.outcome},
           {"rule", alert.rule},
           {"flow", std::to_string(alert.flow)},
           {"flows", std::to_string(alert.flows)},
           {"flowsInAll", std::to_string(alert.in_all)},
           {"policy", alert.policy_digest}}) {
    data += parameter(name, value);
  }
  return data + "]";
}

std::string rfc5424(const Alert& alert, const AlertOrigin& origin) {
  return fmt::format("<{}>1 {} {} pcapaudit {} finding {} {}",
                     log_audit * 8 + syslog_severity[index_of(alert.severity)],
                     microseconds(alert.last), header_field(origin.host, longest_host),
                     origin.process, structured_data(alert), escaped(alert.text, {}));
}

// ---- JSON -----------------------------------------------------------------------------------

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json port_or_null(const Endpoint& end) {
  return end.port == 0 ? Json(nullptr) : Json(end.port);
}

std::string plain_json(const Alert& alert, const AlertOrigin& origin) {
  return dump(Json{{"time", to_text(alert.last)},
                   {"finding", alert.finding},
                   {"kind", alert.kind},
                   {"severity", to_text(alert.severity)},
                   {"client_role", alert.client_role},
                   {"server_role", alert.server_role},
                   {"service", or_null(alert.service)},
                   {"outcome", or_null(alert.outcome)},
                   {"nearest_rule", or_null(alert.rule)},
                   {"text", alert.text},
                   {"flow", alert.flow},
                   {"transport", to_text(alert.transport)},
                   {"client", to_text(alert.client.address)},
                   {"client_port", port_or_null(alert.client)},
                   {"server", to_text(alert.server.address)},
                   {"server_port", port_or_null(alert.server)},
                   {"first", to_text(alert.first)},
                   {"last", to_text(alert.last)},
                   {"flows", alert.flows},
                   {"flows_in_all", alert.in_all},
                   {"policy_digest", or_null(alert.policy_digest)},
                   {"host", origin.host},
                   {"interface", or_null(origin.interface)},
                   {"version", origin.version}});
}

Json ecs_end(const Endpoint& end) {
  Json json{{"address", to_text(end.address)}, {"ip", to_text(end.address)}};
  if (end.port != 0) json["port"] = end.port;
  return json;
}

std::string ecs(const Alert& alert, const AlertOrigin& origin) {
  constexpr std::array<int, 5> severities = {1, 21, 47, 73, 99};
  Json json{{"@timestamp", to_text(alert.last)},
            {"ecs", {{"version", "8.11.0"}}},
            {"event",
             {{"kind", "alert"},
              {"category", {"network"}},
              {"type", {"connection"}},
              {"action", alert.kind},
              {"module", "pcapaudit"},
              {"dataset", "pcapaudit.finding"},
              {"severity", severities[index_of(alert.severity)]},
              {"start", to_text(alert.first)},
              {"end", to_text(alert.last)}}},
            {"message", alert.text},
            {"log", {{"level", to_text(alert.severity)}}},
            {"source", ecs_end(alert.client)},
            {"destination", ecs_end(alert.server)},
            {"network",
             {{"transport", to_text(alert.transport)},
              {"type", alert.client.address.v4 ? "ipv4" : "ipv6"}}},
            {"rule", {{"id", alert.finding}, {"name", alert.kind}, {"ruleset", "pcapaudit"}}},
            {"observer",
             {{"vendor", "pcapaudit"},
              {"product", "pcapaudit"},
              {"type", "ids"},
              {"version", origin.version},
              {"hostname", origin.host}}},
            {"pcapaudit",
             {{"client_role", alert.client_role},
              {"server_role", alert.server_role},
              {"service", or_null(alert.service)},
              {"outcome", or_null(alert.outcome)},
              {"nearest_rule", or_null(alert.rule)},
              {"flow", alert.flow},
              {"flows", alert.flows},
              {"flows_in_all", alert.in_all},
              {"policy_digest", or_null(alert.policy_digest)}}}};
  if (!origin.interface.empty()) {
    json["observer"]["ingress"] = {{"interface", {{"name", origin.interface}}}};
  }
  return dump(json);
}

// ---- CEF ------------------------------------------------------------------------------------

std::string cef_header(std::string_view text) {
  return escaped(text, {{'\\', "\\\\"}, {'|', "\\|"}});
}

std::string cef_value(std::string_view key, std::string_view value) {
  if (value.empty()) return {};
  return fmt::format(" {}={}", key, escaped(value, {{'\\', "\\\\"}, {'=', "\\="}}));
}

// `src` and `dst` take IPv4 only; the custom fields 2 and 3 are made for the other family.
std::string cef_address(const IpAddress& address, std::string_view v4_key, unsigned custom,
                        std::string_view label) {
  if (address.v4) return cef_value(v4_key, to_text(address));
  return cef_value(fmt::format("c6a{}", custom), to_text(address)) +
         cef_value(fmt::format("c6a{}Label", custom), label);
}

std::string cef_custom(unsigned number, std::string_view label, const std::string& value) {
  if (value.empty()) return {};
  return cef_value(fmt::format("cs{}", number), value) +
         cef_value(fmt::format("cs{}Label", number), label);
}

std::string cef_extension(const Alert& alert, const AlertOrigin& origin) {
  const auto milliseconds = [](Timestamp time) { return std::to_string(time.ns / 1'000'000); };
  const auto port = [](const Endpoint& end) {
    return end.port == 0 ? std::string() : std::to_string(end.port);
  };
  std::string text = cef_value("rt", milliseconds(alert.last));
  text +=
      cef_value("start", milliseconds(alert.first)) + cef_value("end", milliseconds(alert.last));
  text += cef_address(alert.client.address, "src", 2, "Source IPv6 Address");
  text += cef_value("spt", port(alert.client));
  text += cef_address(alert.server.address, "dst", 3, "Destination IPv6 Address");
  text += cef_value("dpt", port(alert.server));
  text += cef_value("proto", ascii_upper(to_text(alert.transport)));
  text += cef_value("app", alert.service) + cef_value("outcome", alert.outcome);
  text += cef_value("cnt", std::to_string(alert.flows)) + cef_value("externalId", alert.finding);
  text += cef_value("dvchost", origin.host) + cef_value("deviceInboundInterface", origin.interface);
  text += cef_custom(1, "clientRole", alert.client_role);
  text += cef_custom(2, "serverRole", alert.server_role);
  text += cef_custom(3, "documentedFlow", alert.rule);
  text += cef_custom(4, "policyDigest", alert.policy_digest);
  return text + cef_value("msg", alert.text);
}

std::string cef(const Alert& alert, const AlertOrigin& origin) {
  constexpr std::array<int, 5> severities = {1, 3, 5, 8, 10};
  // Blanks separate extension fields, so the first one loses its own.
  return fmt::format("CEF:0|pcapaudit|pcapaudit|{}|{}|{}|{}|{}", cef_header(origin.version),
                     cef_header(alert.kind),
                     cef_header(fmt::format("{} to {}", alert.client_role, alert.server_role)),
                     severities[index_of(alert.severity)], cef_extension(alert, origin).substr(1));
}

}  // namespace

std::optional<AlertFormat> parse_alert_format(std::string_view text) {
  constexpr std::pair<std::string_view, AlertFormat> words[] = {{"rfc5424", AlertFormat::rfc5424},
                                                                {"json", AlertFormat::json},
                                                                {"ecs", AlertFormat::ecs},
                                                                {"cef", AlertFormat::cef}};
  for (const auto& [word, format] : words) {
    if (word == text) return format;
  }
  return std::nullopt;
}

std::string format_alert(const Alert& alert, const AlertOrigin& origin, AlertFormat format) {
  switch (format) {
    case AlertFormat::rfc5424:
      return rfc5424(alert, origin);
    case AlertFormat::json:
      return plain_json(alert, origin);
    case AlertFormat::ecs:
      return ecs(alert, origin);
    case AlertFormat::cef:
      break;
  }
  return cef(alert, origin);
}

}  // namespace pcapaudit
