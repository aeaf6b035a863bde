#include "import/draft.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text/text.hpp"

namespace pcapaudit {
namespace {

constexpr std::size_t longest_comment = 300;

std::string list(const std::vector<std::string>& words) {
  if (words.size() == 1) return toml_string(words[0]);
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + toml_string(word);
  return "[" + text + "]";
}

// The name of the profile that the row demands; "" when it is none of TLS.
std::string profile_of(const ImportedRow& row) {
  if (!row.tls && row.app != "https") return {};
  if (!carries_profile(row)) return {};
  std::string name = row.mutual ? "mutual" : "server";
  if (!row.min_tls.empty()) name += "-1-" + row.min_tls.substr(2);
  return name;
}

void write_profiles(const std::vector<ImportedRow>& rows, std::string& out) {
  std::map<std::string, const ImportedRow*> used;
  for (const ImportedRow& row : rows) {
    if (const std::string name = profile_of(row); !name.empty()) used.emplace(name, &row);
  }
  for (const auto& [name, row] : used) {
    out += fmt::format("\n[tls.{}]\nmutual = \"{}\"\n", name, row->mutual ? "yes" : "no");
    if (!row->min_tls.empty()) out += fmt::format("min_version = \"{}\"\n", row->min_tls);
  }
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
      binds += fmt::format("# {} = {}\n", role, list(it->second.bind));
    }
    if (is_builtin) continue;
    out += fmt::format("\n[role.{}]\ntitle = {}\n", role,
                       toml_string(it == own.end() ? role : it->second.title));
  }
  if (!binds.empty())
    out += "\n# Addresses that the document names, for [bind] of the site file:\n" + binds;
}

void write_row(const std::vector<ImportFile>& files, const std::vector<const ImportedRow*>& rows,
               const std::string& id, std::string& out) {
  const ImportedRow& row = *rows.front();
  out += "\n";
  for (const ImportedRow* it : rows) {
    const std::string cells = visible(shorten_utf8(it->cells, longest_comment));
    out += fmt::format("# {}\n", cells);
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
  out +=
      fmt::format("port   = [{}]\napp    = {}\nneed   = \"never\"\n", ports, toml_string(row.app));
  if (const std::string profile = profile_of(row); !profile.empty()) {
    out += fmt::format("tls    = {}\n", toml_string(profile));
  }
  out += "basis  = \"row\"\nsource = [";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const ImportFile& it) { return it.name == rows[i]->file; });
    out += fmt::format("{}{{ doc = \"D{}\", lines = \"{}\" }}", i == 0 ? "" : ", ",
                       file - files.begin(), rows[i]->line);
  }
  out += "]\n";
}

void write_flows(const std::vector<ImportFile>& files, const std::vector<ImportedRow>& rows,
                 std::string& out) {
  std::vector<std::vector<const ImportedRow*>> groups;
  std::unordered_map<std::string, std::size_t> known;
  for (const ImportedRow& row : rows) {
    std::string transports;
    for (const Transport it : row.transports) transports += to_text(it);
    const std::string key =
        fmt::format("{}>{} {} {} {} {}", fmt::join(row.from, ","), fmt::join(row.to, ","),
                    transports, to_text(row.ports), row.app, profile_of(row));
    const auto [it, is_new] = known.emplace(key, groups.size());
    if (is_new) groups.emplace_back();
    groups[it->second].push_back(&row);
  }
  std::unordered_map<std::string, int> ids;
  for (const auto& group : groups) {
    const ImportedRow& row = *group.front();
    std::string id = fmt::format("{}-{}", row.to.front(), to_text(row.ports, "-"));
    constexpr std::size_t longest_id = 80;
    if (id.size() > longest_id) id.resize(longest_id);
    if (const int again = ids[id]++; again > 0) id += fmt::format("-n{}", again + 1);
    write_row(files, group, id, out);
  }
}

}  // namespace

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
  write_roles(rows, own_roles, out);
  write_profiles(rows, out);
  write_flows(files, rows, out);
  return out;
}

}  // namespace pcapaudit
