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

using Fields = std::map<std::string, std::string>;

std::string field(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

// Why the ends, transports and ports are none; "" when they are.
std::string read_ends(const Fields& fields, ImportedRow& row, ForeignPolicy& out) {
  if (row.from.empty()) {
    for (const std::string& id : split(field(fields, "from"), '+'))
      row.from.push_back(out.own_role(id));
  }
  if (row.to.empty()) {
    for (const std::string& id : split(field(fields, "to"), '+'))
      row.to.push_back(out.own_role(id));
  }
  if (row.transports.empty()) {
    for (const std::string& word : split(field(fields, "transport"), '+')) {
      const auto transport = parse_transport(word);
      if (!transport) return fmt::format("transport \"{}\" is unknown", word);
      row.transports.push_back(*transport);
    }
  }
  const std::string ports = field(fields, "ports");
  if (row.ports.empty() && !ports.empty()) {
    row.ports = ports_in(ports);
    if (row.ports.empty()) return fmt::format("ports \"{}\" are none", ports);
  }
  if (row.from.empty() || row.to.empty() || row.transports.empty())
    return "source, destination or transport is empty";
  return {};
}

// False when a demand is none that a document may make.
bool read_demands(const Fields& fields, ImportedRow& row) {
  row.tls_demands = parse_demands(field(fields, "tls"));
  row.http_demands = parse_demands(field(fields, "http"));
  row.schedule = parse_demands(field(fields, "schedule"));
  return are_known(row.tls_demands, {"min_version", "warn_below", "mutual", "names", "sni",
                                     "issuer", "client_issuer", "min_days_left", "client_eku",
                                     "ciphers", "key_exchange", "min_dh_bits"}) &&
         are_known(row.http_demands, {"answer", "except_hosts", "except_paths", "hosts", "paths",
                                      "deny_paths", "outside", "credentials", "keep_host"}) &&
         are_known(row.schedule, {"timezone", "days", "hours"});
}

}  // namespace

bool read_exported_fields(const Fields& fields, std::uint32_t line, ImportedRow& row,
                          ForeignPolicy& out) {
  const auto refuse = [&](const std::string& why) {
    out.remark(line, why, "the row is left out");
    return false;
  };
  row.is_exact = true;
  row.line = line;
  if (const std::string id = field(fields, "row"); !id.empty()) row.id = id;
  if (const std::string why = read_ends(fields, row, out); !why.empty()) return refuse(why);
  if (!read_demands(fields, row))
    return refuse("what the row demands is not understood; trust has to be written by hand");
  row.app = field(fields, "app");
  row.mutual = field(fields, "mutual_tls") == "yes";
  row.is_needed = field(fields, "needed") == "yes";
  row.is_discouraged = field(fields, "discouraged") == "yes";
  row.wants_vip = field(fields, "address") == "vip";
  row.allows_related = field(fields, "related") == "yes";
  row.expect = field(fields, "expected");
  row.basis = field(fields, "basis");
  row.title = field(fields, "title");
  row.why = field(fields, "why");
  row.owner = field(fields, "owner");
  row.is_draft = field(fields, "approved") == "no";
  row.approved = row.is_draft ? "" : field(fields, "approved");
  row.review = field(fields, "review");
  for (const std::string* date : {&row.approved, &row.review}) {
    if (!date->empty() && !start_of_day(*date, "UTC"))
      return refuse(fmt::format("\"{}\" is no date", *date));
  }
  row.profiles = split(field(fields, "profile"), ',');
  return true;
}

}  // namespace pcapaudit
