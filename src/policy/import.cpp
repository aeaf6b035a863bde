// Recognises columns, roles, protocols and ports in several languages; writes the draft.
#include <pcapaudit/policy/import.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include "policy/import_tables.hpp"

namespace pcapaudit {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool holds_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// What a column is, by its heading in English, German, Japanese, Chinese, or in a CSV of our own.
struct Columns {
  std::optional<std::size_t> from, to, port, transport, app, title, mutual;
  bool complete() const { return from && to && port; }
};

Columns columns_of(const TableRow& header) {
  Columns columns;
  const auto set = [](std::optional<std::size_t>& slot, std::size_t i) {
    if (!slot) slot = i;
  };
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    const std::string name = lower(header.cells[i]);
    if (name == "app" || name == "application" || name == "service") {
      set(columns.app, i);
    } else if (name == "transport") {
      set(columns.transport, i);
    } else if (holds_any(name, {"mutual"})) {
      set(columns.mutual, i);
    } else if (name == "from" || holds_any(name, {"source ip", "source", "quell", "ソース",
                                                  "送信元", "來源", "来源", "源 ip"})) {
      set(columns.from, i);
    } else if (name == "to" ||
               holds_any(name, {"destination", "ziel", "宛先", "目的地", "目标", "目標"})) {
      set(columns.to, i);
    } else if (holds_any(name, {"port", "ポート", "連接埠", "端口"})) {
      set(columns.port, i);
    } else if (name == "title" ||
               holds_any(name, {"note", "anmerkung", "ノート", "附註", "备注", "注意"})) {
      set(columns.title, i);
    }
  }
  return columns;
}

// Roles that a cell names. Pages write several in one cell, with and without separators.
std::vector<std::string> roles_in(const std::string& cell) {
  const std::string text = lower(cell);
  std::vector<std::string> roles;
  const auto add = [&](std::string role) {
    if (std::find(roles.begin(), roles.end(), role) == roles.end())
      roles.push_back(std::move(role));
  };
  const bool inside = holds_any(text, {"internal", "intern", "内部", "內部"});
  const bool proxy = holds_any(text, {"reverse proxy", "reverse-proxy", "reverseproxy",
                                      "リバースプロキシ", "反向 proxy", "反向代理"});
  const bool edge = holds_any(text, {"edge", "エッジ", "邊緣", "边缘"});
  if (proxy) add(inside ? "reverse-proxy-int" : "reverse-proxy-ext");
  if (edge) add(inside ? "edge-int" : "edge-ext");
  if (holds_any(text, {"front end", "front-end", "フロントエンド", "前端"})) add("front-end");
  if (holds_any(text, {"director", "ディレクター", "控制器"})) add("director");
  if (holds_any(text, {"office web", "office-web"})) add("office-web-apps");
  if (inside && holds_any(text, {"client", "クライアント", "用戶端", "客户端"})) {
    add("internal-clients");
  }
  if (holds_any(text, {"central management", "zentrale verwaltung", "全体管理"})) add("cms");
  if (roles.empty() && (text == "any" || text.starts_with("any ") ||
                        holds_any(text, {"beliebig", "任意", "任何"}))) {
    add("any");
  }
  return roles;
}

// A name for a role that is not known: its letters and digits.
std::string slug(const std::string& cell) {
  constexpr std::size_t longest = 40;
  std::string name;
  for (const char c : lower(cell)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) name += c;
    if (!kept && !name.empty() && name.back() != '-') name += '-';
    if (name.size() >= longest) break;
  }
  while (name.ends_with('-')) name.pop_back();
  if (name.empty()) name = "role-" + sha256_hex(as_bytes(cell)).substr(0, 6);
  return name;
}

struct Protocol {
  std::vector<Transport> transports;
  PortRanges ports;
  std::string app;
  bool mutual = false;
};

// "SIP/MTLS/TCP 5061", "HTTPS/TCP/443", "UDP 50,000-59,999", "RTP/TCP/50000-59,999".
Protocol protocol_in(const std::string& cell) {
  Protocol protocol;
  std::string word;
  std::vector<std::string> words;
  std::string text = lower(cell);
  // Thousands separators stand between digits.
  for (std::size_t i = 1; i + 3 < text.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return std::isdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    if (text[i] == ',' && digit(i - 1) && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      text.erase(i, 1);
    }
  }
  for (const char c : text + " ") {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    if (kept) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  const auto has = [&](std::string_view name) {
    return std::find(words.begin(), words.end(), name) != words.end();
  };
  if (has("tcp")) protocol.transports.push_back(Transport::tcp);
  if (has("udp")) protocol.transports.push_back(Transport::udp);
  protocol.mutual = has("mtls");
  const bool tls = has("tls") || has("mtls") || has("ssl");
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"https", "https"},   {"http", "http"},
      {"sip", "sip"},       {"xmpp", "xmpp"},
      {"dns", "dns"},       {"stun", "stun"},
      {"rtp", "rtp"},       {"srtp", "rtp"},
      {"smb", "smb"},       {"dcom", "msrpc"},
      {"rpc", "msrpc"},     {"sql", "tds"},
      {"ldap", "ldap"},     {"kerberos", "kerberos"},
      {"ntp", "ntp"},       {"snmp", "snmp"},
      {"ssh", "ssh"},       {"smtp", "smtp"},
      {"rdp", "rdp"},       {"dhcp", "dhcp"},
      {"radius", "radius"}, {"postgresql", "postgresql"},
      {"mysql", "mysql"}};
  for (const auto& [name, app] : names) {
    if (protocol.app.empty() && has(name)) protocol.app = app;
  }
  if (protocol.app.empty() && tls) protocol.app = "tls";
  for (const std::string& it : words) {
    unsigned first = 0, last = 0;
    const char* const end = it.data() + it.size();
    const auto low = std::from_chars(it.data(), end, first);
    if (low.ec != std::errc{}) continue;
    last = first;
    if (low.ptr != end) {
      if (*low.ptr != '-') continue;
      const auto high = std::from_chars(low.ptr + 1, end, last);
      if (high.ec != std::errc{} || high.ptr != end) continue;
    }
    if (first >= 1 && first <= last && last <= 65'535) {
      protocol.ports.push_back(
          {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
    }
  }
  return protocol;
}

class Importer {
 public:
  Import take(const std::vector<ImportFile>& files) {
    for (const ImportFile& file : files) {
      std::size_t found = 0;
      for (const DocumentTable& table : read_tables(file.text)) found += read_table(file, table);
      if (found == 0)
        remark(file, 1, "no port table in it",
               "a table has columns for source, destination and port");
    }
    write(files);
    return std::move(import_);
  }

 private:
  void remark(const ImportFile& file, std::uint32_t line, std::string what, std::string hint) {
    import_.remarks.push_back({.what = std::move(what),
                               .where = fmt::format("{}:{}:1", file.name, line),
                               .hint = std::move(hint)});
  }

  std::size_t read_table(const ImportFile& file, const DocumentTable& table) {
    const Columns columns = columns_of(table.header);
    if (!columns.complete()) return 0;
    std::size_t read = 0;
    for (const TableRow& row : table.rows) read += read_row(file, row, columns) ? 1 : 0;
    return read;
  }

  bool read_row(const ImportFile& file, const TableRow& row, const Columns& columns) {
    const auto cell = [&](const std::optional<std::size_t>& column) {
      return column && *column < row.cells.size() ? row.cells[*column] : std::string();
    };
    ImportedRow imported;
    imported.file = file.name;
    imported.line = row.line;
    Protocol protocol =
        protocol_in(cell(columns.app) + " " + cell(columns.transport) + " " + cell(columns.port));
    imported.cells = fmt::format("{}", fmt::join(row.cells, " | "));
    if (protocol.ports.empty()) {
      remark(file, row.line, fmt::format("no port in \"{}\"", cell(columns.port)),
             "the row is left out");
      return false;
    }
    imported.from = roles(file, row.line, cell(columns.from));
    imported.to = roles(file, row.line, cell(columns.to));
    if (imported.from.empty() || imported.to.empty()) {
      remark(file, row.line, "source or destination is empty", "the row is left out");
      return false;
    }
    if (protocol.transports.empty()) {
      protocol.transports = {Transport::tcp};
      remark(file, row.line, fmt::format("no transport in \"{}\"", cell(columns.port)),
             "TCP is written; correct the draft");
    }
    if (protocol.app.empty()) {
      protocol.app = "unknown";
      remark(file, row.line, fmt::format("no application in \"{}\"", cell(columns.port)),
             "give app in the draft, or no flow will ever meet the row");
    }
    const std::string mutual = lower(cell(columns.mutual));
    imported.transports = std::move(protocol.transports);
    imported.ports = std::move(protocol.ports);
    imported.app = std::move(protocol.app);
    imported.mutual = protocol.mutual || mutual == "yes" || mutual == "true" || mutual == "1";
    imported.notes = cell(columns.title);
    import_.rows.push_back(std::move(imported));
    return true;
  }

  std::vector<std::string> roles(const ImportFile& file, std::uint32_t line,
                                 const std::string& cell) {
    std::vector<std::string> known = roles_in(cell);
    if (!known.empty() || cell.empty()) return known;
    const std::string name = slug(cell);
    if (!titles_.contains(name)) {
      remark(file, line, fmt::format("\"{}\" is no role that is known", cell),
             fmt::format("it becomes the role {}", name));
    }
    titles_.emplace(name, cell);
    return {name};
  }

  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
  }
  static std::string list(const std::vector<std::string>& words) {
    if (words.size() == 1) return quoted(words[0]);
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + quoted(word);
    return "[" + text + "]";
  }

  void write(const std::vector<ImportFile>& files) {
    Sha256 digest;
    for (const ImportFile& file : files) digest.add(as_bytes(file.text));
    std::string& out = import_.draft;
    out = fmt::format(
        "# Draft, made from documents. Read every row against its source before using it.\n"
        "format = 1\n\n[pack]\nid       = \"imported\"\ntitle    = \"Imported documentation\"\n"
        "revision = \"{}\"\n",
        digest.hex().substr(0, 12));
    for (std::size_t i = 0; i < files.size(); ++i) {
      out += fmt::format("\n[source.D{}]\ntitle  = {}\nfile   = {}\nsha256 = \"{}\"\n", i,
                         quoted(files[i].name), quoted(files[i].name),
                         sha256_hex(as_bytes(files[i].text)));
    }
    write_roles(out);
    out += "\n[tls.server]\nmutual = \"no\"\n[tls.mutual]\nmutual = \"yes\"\n";
    write_rows(files, out);
  }

  void write_roles(std::string& out) const {
    std::map<std::string, std::string> used;
    for (const ImportedRow& row : import_.rows) {
      for (const auto* end : {&row.from, &row.to}) {
        for (const std::string& role : *end) {
          const auto title = titles_.find(role);
          used.emplace(role, title == titles_.end() ? role : title->second);
        }
      }
    }
    for (const auto& [role, title] : used) {
      const auto& builtin = builtin_role_list();
      if (std::any_of(builtin.begin(), builtin.end(),
                      [&](const Role& it) { return it.id == role; })) {
        continue;
      }
      out += fmt::format("\n[role.{}]\ntitle = {}\n", role, quoted(title));
    }
  }

  // The same row in several languages is one row with several sources.
  void write_rows(const std::vector<ImportFile>& files, std::string& out) const {
    std::vector<std::pair<std::string, std::vector<const ImportedRow*>>> groups;
    for (const ImportedRow& row : import_.rows) {
      std::string transports;
      for (const Transport it : row.transports) transports += to_text(it);
      const std::string key =
          fmt::format("{}>{} {} {} {} {}", fmt::join(row.from, ","), fmt::join(row.to, ","),
                      transports, to_text(row.ports), row.app, row.mutual);
      const auto known = std::find_if(groups.begin(), groups.end(),
                                      [&](const auto& group) { return group.first == key; });
      if (known == groups.end()) {
        groups.emplace_back(key, std::vector{&row});
      } else {
        known->second.push_back(&row);
      }
    }
    std::map<std::string, int> ids;
    for (const auto& [key, rows] : groups) {
      const ImportedRow& row = *rows.front();
      std::string id = fmt::format("{}-{}", row.to.front(), to_text(row.ports, "-"));
      if (const int again = ids[id]++; again > 0) id += fmt::format("-{}", again + 1);
      out += "\n";
      for (const ImportedRow* it : rows) {
        std::string cells = it->cells.substr(0, 300);
        std::replace_if(
            cells.begin(), cells.end(), [](unsigned char c) { return c < 0x20; }, ' ');
        // A cut in the middle of a character would be no TOML.
        while (!cells.empty() && cells.size() == 300 &&
               (static_cast<unsigned char>(cells.back()) & 0xc0U) == 0x80) {
          cells.pop_back();
        }
        if (cells.size() >= 290 && (static_cast<unsigned char>(cells.back()) & 0x80U) != 0)
          cells.pop_back();
        out += fmt::format("# {}\n", cells);
      }
      out += fmt::format("[[flow]]\nid     = {}\nfrom   = {}\nto     = {}\n", quoted(id),
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
          fmt::format("port   = [{}]\napp    = {}\nneed   = \"never\"\n", ports, quoted(row.app));
      const bool tls = row.app == "https" || row.app == "tls";
      if (row.mutual || tls)
        out += fmt::format("tls    = \"{}\"\n", row.mutual ? "mutual" : "server");
      out += "basis  = \"row\"\nsource = [";
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto file = std::find_if(files.begin(), files.end(), [&](const ImportFile& it) {
          return it.name == rows[i]->file;
        });
        out += fmt::format("{}{{ doc = \"D{}\", lines = \"{}\" }}", i == 0 ? "" : ", ",
                           file - files.begin(), rows[i]->line);
      }
      out += "]\n";
    }
  }

  Import import_;
  std::map<std::string, std::string> titles_;  // of roles that are not known
};

}  // namespace

Result<Import> import_documents(const std::vector<ImportFile>& files) {
  Import import = Importer().take(files);
  if (import.rows.empty()) {
    const Error& first = import.remarks.front();
    return std::unexpected(Error{.what = "no documented flow found: " + first.what,
                                 .where = first.where,
                                 .excerpt = {},
                                 .hint = first.hint});
  }
  return import;
}

}  // namespace pcapaudit
