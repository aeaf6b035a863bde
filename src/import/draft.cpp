#include "import/draft.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"
#include "policy/schedule.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t longest_comment = 300;

std::string list(const std::vector<std::string>& words, bool always = false) {
  if (words.size() == 1 && !always) return toml_string(words[0]);
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + toml_string(word);
  return "[" + text + "]";
}

// The names of profiles and schedules, by what they say; those of rows of exports.
struct ProfileNames {
  std::map<std::string, std::string> tls, http, schedule;

  explicit ProfileNames(const std::vector<ImportedRow>& rows) {
    const auto name = [](std::map<std::string, std::string>& names, const Demands& demands,
                         const char* kind) {
      if (demands.empty()) return;
      names.emplace(to_text(demands), fmt::format("{}-{}", kind, names.size() + 1));
    };
    for (const ImportedRow& row : rows) {
      name(tls, row.tls_demands, "tls");
      name(http, row.http_demands, "http");
      name(schedule, row.schedule, "times");
    }
  }
};

// The name of the profile that the row demands; "" when it is none of TLS.
std::string profile_of(const ImportedRow& row, const ProfileNames& names) {
  if (row.is_exact) {
    const auto found = names.tls.find(to_text(row.tls_demands));
    return found == names.tls.end() ? "" : found->second;
  }
  if (!row.tls && row.app != "https") return {};
  if (!carries_profile(row)) return {};
  std::string name = row.mutual ? "mutual" : "server";
  if (!row.min_tls.empty()) name += "-1-" + row.min_tls.substr(2);
  return name;
}

// A key of a profile as the policy file writes it.
std::string demand_line(const Demand& demand) {
  constexpr std::string_view lists[] = {"names", "issuer",     "client_issuer", "ciphers", "days",
                                        "hosts", "deny_paths", "key_exchange",  "paths"};
  constexpr std::string_view plain[] = {"min_days_left", "min_dh_bits", "keep_host"};
  const auto is_of = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), demand.key) != std::end(words);
  };
  const std::string& first = demand.values.front();
  const bool is_plain = first == "true" || first == "false" ||
                        (!first.empty() && first.size() < 6 &&
                         first.find_first_not_of("0123456789") == std::string::npos);
  if (is_of(plain) && is_plain) return fmt::format("{} = {}\n", demand.key, first);
  if (!is_of(lists)) return fmt::format("{} = {}\n", demand.key, toml_string(first));
  std::string text;
  for (const std::string& it : demand.values) text += (text.empty() ? "" : ", ") + toml_string(it);
  return fmt::format("{} = [{}]\n", demand.key, text);
}

void write_demands(std::string_view kind, const std::map<std::string, std::string>& names,
                   std::string& out) {
  std::vector<std::pair<std::string, std::string>> in_order;  // name, demands
  for (const auto& [text, name] : names) in_order.emplace_back(name, text);
  std::sort(in_order.begin(), in_order.end());
  for (const auto& [name, text] : in_order) {
    out += fmt::format("\n[{}.{}]\n", kind, name);
    std::string except;
    for (const Demand& demand : parse_demands(text)) {
      if (!demand.key.starts_with("except_")) {
        out += demand_line(demand);
        continue;
      }
      std::string line = demand_line({.key = demand.key.substr(7), .values = demand.values});
      line.pop_back();
      except += (except.empty() ? "" : ", ") + line;
    }
    if (!except.empty()) out += fmt::format("answer_except = {{ {} }}\n", except);
  }
}

void write_profiles(const std::vector<ImportedRow>& rows, const ProfileNames& names,
                    std::string& out) {
  std::map<std::string, const ImportedRow*> used;
  for (const ImportedRow& row : rows) {
    if (row.is_exact) continue;
    if (const std::string name = profile_of(row, names); !name.empty()) used.emplace(name, &row);
  }
  for (const auto& [name, row] : used) {
    out += fmt::format("\n[tls.{}]\nmutual = \"{}\"\n", name, row->mutual ? "yes" : "no");
    if (!row->min_tls.empty()) out += fmt::format("min_version = \"{}\"\n", row->min_tls);
  }
  write_demands("tls", names.tls, out);
  write_demands("http", names.http, out);
  write_demands("schedule", names.schedule, out);
}

void write_roles(const std::vector<ImportedRow>& rows,
                 const std::map<std::string, ImportedRole>& own, std::string& out) {
  std::set<std::string> used;
  for (const ImportedRow& row : rows) {
    used.insert(row.from.begin(), row.from.end());
    used.insert(row.to.begin(), row.to.end());
  }
  const auto& builtin = builtin_role_list();
  std::string binds;
  for (const std::string& role : used) {
    const auto it = own.find(role);
    const bool is_builtin = std::any_of(builtin.begin(), builtin.end(),
                                        [&](const Role& known) { return known.id == role; });
    if (it != own.end() && !it->second.bind.empty()) {
      binds += fmt::format("# [bind.{}]\n# addresses = {}\n", role, list(it->second.bind, true));
    }
    if (is_builtin) continue;
    out += fmt::format("\n[role.{}]\ntitle = {}\n", role,
                       toml_string(it == own.end() ? role : it->second.title));
  }
  if (!binds.empty())
    out += "\n# Addresses that the document names, for [bind] of the site file:\n" + binds;
}

// What the row says beside ends, ports and application.
void write_told(const ImportedRow& row, const ProfileNames& names, std::string& out) {
  const auto text = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out += fmt::format("{:<6} = {}\n", key, toml_string(value));
  };
  const auto date = [&](std::string_view key, const std::string& value) {
    if (start_of_day(value, "UTC")) out += fmt::format("{:<6} = {}\n", key, value);
  };
  const auto profile = [&](std::string_view key, const auto& known, const Demands& demands) {
    const auto found = known.find(to_text(demands));
    if (found != known.end()) text(key, found->second);
  };
  text("tls", profile_of(row, names));
  profile("http", names.http, row.http_demands);
  profile("schedule", names.schedule, row.schedule);
  if (row.wants_vip) text("address", "vip");
  if (row.allows_related) out += "related = true\n";
  if (row.is_discouraged) text("discouraged", "always");
  text("expect", row.expect);
  text("title", row.title);
  text("why", row.why);
  text("owner", row.owner);
  if (row.is_draft) out += "approved = false\n";
  date("approved", row.approved);
  date("review", row.review);
  if (!row.profiles.empty()) out += fmt::format("profile = {}\n", list(row.profiles, true));
  text("basis", row.basis.empty() ? "row" : row.basis);
}

void write_row(const std::vector<ImportFile>& files, const std::vector<const ImportedRow*>& rows,
               const ProfileNames& names, const std::string& id, std::string& out) {
  const ImportedRow& row = *rows.front();
  out += "\n";
  for (const ImportedRow* it : rows) {
    const std::string cells = visible(shorten_utf8(it->cells, longest_comment));
    if (!cells.empty()) out += fmt::format("# {}\n", cells);
  }
  out += fmt::format("[[flow]]\nid     = {}\nfrom   = {}\nto     = {}\n", toml_string(id),
                     list(row.from), list(row.to));
  std::vector<std::string> transports;
  for (const Transport it : row.transports) transports.emplace_back(to_text(it));
  if (row.transports != std::vector{Transport::tcp}) {
    out += fmt::format("transport = {}\n", list(transports));
  }
  std::string ports;
  for (const PortRange& range : row.ports) {
    if (!ports.empty()) ports += ", ";
    ports += range.first == range.last ? fmt::format("{}", range.first)
                                       : fmt::format("\"{}-{}\"", range.first, range.last);
  }
  if (!ports.empty()) out += fmt::format("port   = [{}]\n", ports);
  if (!row.app.empty()) out += fmt::format("app    = {}\n", toml_string(row.app));
  out += fmt::format("need   = \"{}\"\n", row.is_needed ? "always" : "never");
  write_told(row, names, out);
  out += "source = [";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const ImportFile& it) { return it.name == rows[i]->file; });
    out += fmt::format("{}{{ doc = \"D{}\", lines = \"{}\" }}", i == 0 ? "" : ", ",
                       file - files.begin(), rows[i]->line);
  }
  out += "]\n";
}

// Rows that say the same are one; a row of a policy has a name, and is one by itself.
std::string key_of(const ImportedRow& row, const ProfileNames& names) {
  std::string transports;
  for (const Transport it : row.transports) transports += to_text(it);
  return fmt::format("{}>{} {} {} {} {} {}", fmt::join(row.from, ","), fmt::join(row.to, ","),
                     transports, to_text(row.ports), row.app, profile_of(row, names), row.id);
}

void write_flows(const std::vector<ImportFile>& files, const std::vector<ImportedRow>& rows,
                 const ProfileNames& names, std::string& out) {
  std::vector<std::vector<const ImportedRow*>> groups;
  std::unordered_map<std::string, std::size_t> known;
  for (const ImportedRow& row : rows) {
    const auto [it, is_new] = known.emplace(key_of(row, names), groups.size());
    if (is_new) groups.emplace_back();
    groups[it->second].push_back(&row);
  }
  std::set<std::string> ids;
  std::unordered_map<std::string, int> counts;
  for (const auto& group : groups) {
    const ImportedRow& row = *group.front();
    std::string id = row.id;
    if (id.empty()) id = fmt::format("{}-{}", row.to.front(), to_text(row.ports, "-"));
    if (id.ends_with('-')) id += to_text(row.transports.front());
    constexpr std::size_t longest_id = 80;
    if (row.id.empty() && id.size() > longest_id) id.resize(longest_id);
    const std::string base = id;
    int& count = counts[base];
    while (!ids.insert(id).second) id = fmt::format("{}-n{}", base, ++count + 1);
    write_row(files, group, names, id, out);
  }
}

}  // namespace

std::string write_bindings(const std::vector<ImportFile>& files,
                           const std::map<std::string, ImportedRole>& roles) {
  std::string out =
      "# Draft, made from an inventory: which address has which role. Read it, and "
      "name the packs that it is for in `use`.\nformat = 1\n";
  for (const ImportFile& file : files) {
    out += fmt::format("# {}, SHA-256 {}\n", visible(file.name), sha256_hex(as_bytes(file.text)));
  }
  for (const auto& [name, role] : roles) {
    if (role.bind.empty()) continue;
    out += fmt::format("\n[role.{0}]\ntitle = {1}\n[bind.{0}]\naddresses = {2}\n", name,
                       toml_string(role.title), list(role.bind, true));
  }
  return out;
}

bool carries_profile(const ImportedRow& row) {
  return row.app == "https" || row.app == "tls" || row.app == "sip" || row.app == "xmpp";
}

std::string shorten_utf8(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return std::string(text);
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0U) == 0x80) --longest;
  return std::string(text.substr(0, longest));
}

std::string write_draft(const std::vector<ImportFile>& files, const std::vector<ImportedRow>& rows,
                        const std::map<std::string, ImportedRole>& own_roles) {
  Sha256 digest;
  for (const ImportFile& file : files) digest.add(as_bytes(file.text));
  std::string out = fmt::format(
      "# Draft, made from documents. Read every row against its source before using it.\n"
      "format = 1\n\n[pack]\nid       = \"imported\"\ntitle    = \"Imported documentation\"\n"
      "revision = \"{}\"\n",
      digest.hex().substr(0, 12));
  for (std::size_t i = 0; i < files.size(); ++i) {
    out += fmt::format("\n[source.D{}]\ntitle  = {}\nfile   = {}\nsha256 = \"{}\"\n", i,
                       toml_string(files[i].name), toml_string(files[i].name),
                       sha256_hex(as_bytes(files[i].text)));
  }
  const ProfileNames names(rows);
  write_roles(rows, own_roles, out);
  write_profiles(rows, names, out);
  write_flows(files, rows, names, out);
  return out;
}

}  // namespace pcapaudit
