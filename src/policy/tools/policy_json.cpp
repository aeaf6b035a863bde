// Differences and remarks of policies for programs: JSON, and SARIF 2.1.0 (OASIS).
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text/text.hpp"
#include "policy/tools/policy_diff.hpp"
#include "policy/tools/policy_review.hpp"

namespace pcapaudit {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Bytes of a path that a URI (RFC 3986) writes as numbers.
std::string uri_of(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~:").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// "file:line:column"; a path may hold colons.
struct Place {
  std::string file;
  std::int64_t line = 1, column = 1;
};
Place place_of(const std::string& where) {
  Place place{.file = where};
  for (std::int64_t* number : {&place.column, &place.line}) {
    const std::size_t colon = place.file.rfind(':');
    if (colon == std::string::npos) break;
    const char* begin = place.file.data() + colon + 1;
    const char* end = place.file.data() + place.file.size();
    if (std::from_chars(begin, end, *number).ec != std::errc{}) break;
    place.file.resize(colon);
  }
  return place;
}

}  // namespace

std::string lints_json(const std::vector<Lint>& lints, const Policy& policy) {
  Json all = Json::array();
  for (const Lint& it : lints) {
    const Place place = place_of(it.remark.where);
    all.push_back({{"code", it.code},
                   {"severity", it.is_error ? "error" : "warning"},
                   {"file", place.file},
                   {"line", place.line},
                   {"column", place.column},
                   {"text", it.remark.what},
                   {"excerpt", it.remark.excerpt.empty() ? Json(nullptr) : Json(it.remark.excerpt)},
                   {"hint", it.remark.hint.empty() ? Json(nullptr) : Json(it.remark.hint)}});
  }
  return dumped({{"policy_sha256", policy.digest},
                 {"rows", policy.flows.size()},
                 {"roles", policy.roles.size()},
                 {"remarks", std::move(all)}});
}

std::string lints_sarif(const std::vector<Lint>& lints) {
  std::set<std::string> codes;
  Json results = Json::array();
  for (const Lint& it : lints) {
    codes.insert(it.code);
    const Place place = place_of(it.remark.where);
    Json location = {{"artifactLocation", {{"uri", uri_of(place.file)}}},
                     {"region", {{"startLine", place.line}, {"startColumn", place.column}}}};
    results.push_back(
        {{"ruleId", it.code},
         {"level", it.is_error ? "error" : "warning"},
         {"message",
          {{"text",
            it.remark.hint.empty() ? it.remark.what : it.remark.what + "; " + it.remark.hint}}},
         {"locations", Json::array({Json{{"physicalLocation", std::move(location)}}})}});
  }
  Json rules = Json::array();
  for (const std::string& code : codes) rules.push_back({{"id", code}});
  const Json driver = {
      {"name", "pcapaudit"}, {"version", PCAPAUDIT_VERSION}, {"rules", std::move(rules)}};
  Json run = {{"tool", {{"driver", driver}}},
              {"columnKind", "utf16CodeUnits"},
              {"results", std::move(results)}};
  return dumped({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({std::move(run)})}});
}

std::string to_json(const PolicyDiff& diff) {
  Json rows = Json::array();
  for (const RowChange& it : diff.rows) {
    Json fields = Json::array();
    for (const FieldChange& field : it.fields)
      fields.push_back({{"field", field.field}, {"before", field.before}, {"after", field.after}});
    rows.push_back({{"kind", to_text(it.kind)},
                    {"row", it.row},
                    {"was", it.was.empty() ? Json(nullptr) : Json(it.was)},
                    {"summary", it.summary},
                    {"file", it.place.file},
                    {"line", it.place.line},
                    {"fields", std::move(fields)}});
  }
  const auto things = [](const std::vector<ThingChange>& list) {
    Json all = Json::array();
    for (const ThingChange& it : list)
      all.push_back({{"name", it.name}, {"what", it.what}, {"new", it.is_new}});
    return all;
  };
  return dumped({{"old_rows_sha256", diff.old_rows},
                 {"new_rows_sha256", diff.new_rows},
                 {"lets_more_pass", diff.lets_more_pass()},
                 {"same", diff.same},
                 {"rows", std::move(rows)},
                 {"addresses", things(diff.addresses)},
                 {"exceptions", things(diff.exceptions)}});
}

}  // namespace pcapaudit
