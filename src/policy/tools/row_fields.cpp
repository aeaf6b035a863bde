#include "policy/tools/row_fields.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.hpp"

namespace pcapaudit {
namespace {

void add(Demands& demands, std::string key, std::vector<std::string> values) {
  std::erase(values, "");
  if (!values.empty()) demands.push_back({.key = std::move(key), .values = std::move(values)});
}
void add(Demands& demands, std::string key, std::string value) {
  add(demands, std::move(key), std::vector{std::move(value)});
}

std::string version_text(std::uint16_t version) {
  return version == 0 ? "" : fmt::format("1.{}", version - 0x0301);
}
std::string number_text(std::uint32_t number) {
  return number == 0 ? "" : fmt::format("{}", number);
}

// Sorted, so that two rows that ask for the same have the same text.
std::string sorted_list(std::vector<std::string> words, std::string_view separator = ", ") {
  std::sort(words.begin(), words.end());
  return fmt::format("{}", fmt::join(words, separator));
}

std::string role_list(const Policy& policy, RoleSet set) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    if ((set >> i & 1) != 0) names.push_back(policy.roles[i].id);
  }
  return sorted_list(std::move(names), "+");
}

std::string transport_list(const DocumentedFlow& row) {
  std::vector<std::string> names;
  for (const Transport transport : row.transports) names.emplace_back(to_text(transport));
  return sorted_list(std::move(names), "+");
}

std::string source_list(const DocumentedFlow& row) {
  std::vector<std::string> parts;
  for (const DocumentLines& source : row.sources) {
    parts.push_back(source.lines.empty()
                        ? source.document
                        : fmt::format("{} line {}", source.document, source.lines));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

Demands demands_of(const TlsProfile& tls) {
  Demands list;
  add(list, "min_version", version_text(tls.min_version));
  add(list, "warn_below", version_text(tls.warn_below));
  if (tls.mutual != TlsProfile::Mutual::unstated)
    add(list, "mutual", tls.mutual == TlsProfile::Mutual::yes ? "yes" : "no");
  add(list, "names", tls.names);
  if (tls.sni_must_match) add(list, "sni", tls.sni_required ? "required" : "must match names");
  add(list, "issuer", tls.issuers);
  add(list, "client_issuer", tls.client_issuers);
  add(list, "trust", tls.trust);
  add(list, "min_days_left", number_text(tls.min_days_left));
  if (tls.client_eku) add(list, "client_eku", "client");
  add(list, "ciphers", tls.ciphers);
  add(list, "key_exchange", tls.key_exchanges);
  add(list, "min_dh_bits", number_text(tls.min_dh_bits));
  return list;
}

Demands demands_of(const HttpProfile& http) {
  Demands list;
  if (http.redirect_https) add(list, "answer", "redirect-https");
  if (http.excepts) {
    add(list, "except_hosts", http.except_hosts);
    add(list, "except_paths", http.except_paths);
  }
  add(list, "hosts", http.hosts);
  add(list, "paths", http.paths);
  add(list, "deny_paths", http.deny_paths);
  if (http.outside) add(list, "outside", std::string(to_text(*http.outside)));
  if (http.credentials_forbidden) add(list, "credentials", "forbidden");
  if (http.keep_host) add(list, "keep_host", "true");
  return list;
}

Demands demands_of(const Schedule& schedule) {
  constexpr std::string_view names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::vector<std::string> days;
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if ((schedule.days >> i & 1U) != 0) days.emplace_back(names[i]);
  }
  Demands list;
  add(list, "timezone", schedule.timezone);
  add(list, "days", std::move(days));
  add(list, "hours",
      fmt::format("{:02}:{:02}-{:02}:{:02}", schedule.from_minute / 60, schedule.from_minute % 60,
                  schedule.to_minute / 60, schedule.to_minute % 60));
  return list;
}

std::string to_text(const Demands& demands) {
  std::string text;
  for (const Demand& demand : demands) {
    if (!text.empty()) text += "; ";
    text += demand.key + "=";
    for (std::size_t i = 0; i < demand.values.size(); ++i) {
      if (i > 0) text += ',';
      for (const char c : demand.values[i]) {
        if (c == '\\' || c == ',' || c == ';' || c == '=') text += '\\';
        text += c;
      }
    }
  }
  return text;
}

Demands parse_demands(std::string_view text) {
  Demands list;
  Demand demand;
  std::string word;
  bool has_sign = false;
  const auto end_value = [&] {
    if (has_sign)
      demand.values.push_back(std::move(word));
    else
      demand.key = std::move(word);
    word.clear();
  };
  const auto end_demand = [&] {
    end_value();
    if (!demand.key.empty()) list.push_back(std::move(demand));
    demand = {};
    has_sign = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
    } else if (c == ';') {
      end_demand();
    } else if (c == '=' && !has_sign) {
      end_value();
      has_sign = true;
    } else if (c == ',' && has_sign) {
      end_value();
    } else if (c != ' ' || !word.empty() || has_sign) {
      word += c;
    }
  }
  end_demand();
  return list;
}

const std::vector<std::string>& row_columns() {
  static const std::vector<std::string> columns = {
      "row",   "from",   "to",       "transport", "ports",    "app",      "mutual_tls", "needed",
      "basis", "source", "why",      "owner",     "approved", "review",   "title",      "profile",
      "tls",   "http",   "schedule", "address",   "related",  "expected", "discouraged"};
  return columns;
}

std::vector<RowField> fields_of(const Policy& policy, const DocumentedFlow& row) {
  const bool mutual = row.tls && row.tls->mutual == TlsProfile::Mutual::yes;
  const auto yes = [](bool value) { return std::string(value ? "yes" : ""); };
  const std::vector<std::string> values = {row.id,
                                           role_list(policy, row.from),
                                           role_list(policy, row.to),
                                           transport_list(row),
                                           to_text(row.ports),
                                           row.app,
                                           yes(mutual),
                                           yes(row.is_needed),
                                           row.basis,
                                           source_list(row),
                                           row.why,
                                           row.owner,
                                           row.is_draft ? "no" : row.approved,
                                           row.review,
                                           row.title,
                                           sorted_list(row.profiles),
                                           row.tls ? to_text(demands_of(*row.tls)) : "",
                                           row.http ? to_text(demands_of(*row.http)) : "",
                                           row.schedule ? to_text(demands_of(*row.schedule)) : "",
                                           row.wants_vip ? "vip" : "",
                                           yes(row.allows_related),
                                           row.expect,
                                           yes(row.is_discouraged)};
  std::vector<RowField> fields;
  for (std::size_t i = 0; i < values.size(); ++i) fields.push_back({row_columns()[i], values[i]});
  return fields;
}

std::string rows_digest(const Policy& policy) {
  constexpr std::string_view told[] = {"mutual_tls", "basis",  "source", "why",
                                       "owner",      "review", "title",  "approved"};
  std::vector<std::string> rows;
  for (const DocumentedFlow& row : policy.flows) {
    std::string text;
    for (const RowField& field : fields_of(policy, row)) {
      if (std::find(std::begin(told), std::end(told), field.name) != std::end(told)) continue;
      text += fmt::format("{}:{}:{}\n", field.name, field.value.size(), field.value);
    }
    rows.push_back(std::move(text));
  }
  std::sort(rows.begin(), rows.end());
  Sha256 digest;
  for (const std::string& row : rows) digest.add(as_bytes(row));
  return digest.hex();
}

}  // namespace pcapaudit
