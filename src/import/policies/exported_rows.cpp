// Rows of our own exports: every field stands as the policy had it.
#include <algorithm>

#include <fmt/format.h>

#include "import/policies/foreign_policy.hpp"
#include "policy/schedule.hpp"

namespace pcapaudit {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, char sign) {
  Words words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(sign), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

// Keys that a profile may have and that name no file: what a document says opens none.
bool are_known(const Demands& demands, std::initializer_list<std::string_view> keys) {
  return std::all_of(demands.begin(), demands.end(), [&](const Demand& it) {
    return std::find(keys.begin(), keys.end(), it.key) != keys.end() && !it.values.empty();
  });
}

}  // namespace

bool read_exported_fields(const std::map<std::string, std::string>& fields, std::uint32_t line,
                          ImportedRow& row, ForeignPolicy& out) {
  const auto field = [&](const char* name) {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  };
  const auto refuse = [&](const std::string& why) {
    out.remark(line, why, "the row is left out");
    return false;
  };
  row.is_exact = true;
  row.line = line;
  if (!field("row").empty()) row.id = field("row");
  if (row.from.empty()) {
    for (const std::string& id : split(field("from"), '+')) row.from.push_back(out.own_role(id));
  }
  if (row.to.empty()) {
    for (const std::string& id : split(field("to"), '+')) row.to.push_back(out.own_role(id));
  }
  if (row.transports.empty()) {
    for (const std::string& word : split(field("transport"), '+')) {
      const auto transport = parse_transport(word);
      if (!transport) return refuse(fmt::format("transport \"{}\" is unknown", word));
      row.transports.push_back(*transport);
    }
  }
  if (row.ports.empty() && !field("ports").empty()) {
    row.ports = ports_in(field("ports"));
    if (row.ports.empty()) return refuse(fmt::format("ports \"{}\" are none", field("ports")));
  }
  if (row.from.empty() || row.to.empty() || row.transports.empty())
    return refuse("source, destination or transport is empty");
  row.app = field("app");
  row.tls_demands = parse_demands(field("tls"));
  row.http_demands = parse_demands(field("http"));
  row.schedule = parse_demands(field("schedule"));
  if (!are_known(row.tls_demands,
                 {"min_version", "warn_below", "mutual", "names", "sni", "issuer", "client_issuer",
                  "min_days_left", "client_eku", "ciphers", "key_exchange", "min_dh_bits"}) ||
      !are_known(row.http_demands, {"answer", "except_hosts", "except_paths", "hosts", "paths",
                                    "deny_paths", "outside", "credentials", "keep_host"}) ||
      !are_known(row.schedule, {"timezone", "days", "hours"})) {
    return refuse("what the row demands is not understood; trust has to be written by hand");
  }
  row.mutual = field("mutual_tls") == "yes";
  row.is_needed = field("needed") == "yes";
  row.is_discouraged = field("discouraged") == "yes";
  row.wants_vip = field("address") == "vip";
  row.allows_related = field("related") == "yes";
  row.expect = field("expected");
  row.basis = field("basis");
  row.title = field("title");
  row.why = field("why");
  row.owner = field("owner");
  row.is_draft = field("approved") == "no";
  row.approved = row.is_draft ? "" : field("approved");
  row.review = field("review");
  for (const std::string* date : {&row.approved, &row.review}) {
    if (!date->empty() && !start_of_day(*date, "UTC"))
      return refuse(fmt::format("\"{}\" is no date", *date));
  }
  row.profiles = split(field("profile"), ',');
  return true;
}

}  // namespace pcapaudit
