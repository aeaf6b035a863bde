// Port tables typed by hand, as documents carry them, and the rows they must give.
#include "policy/import.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/columns.hpp"
#include "import/port_cell.hpp"
#include "import/requirement.hpp"
#include "import/roles.hpp"
#include "policy/policy.hpp"

using namespace pcapaudit;

namespace {

constexpr const char* markdown =
    "# Ports\n\n"
    "| Protocol/Port | From | To | Notes |\n"
    "|---|---|---|---|\n"
    "| HTTPS/TCP/443 | Any | Reverse proxy listener | outside |\n"
    "| HTTPS/TCP/4443 | Internal reverse proxy interface | Front End pool, Director | inside |\n"
    "| SIP/MTLS/TCP/5061 | Edge Server internal interface | Director | |\n";

constexpr const char* html =
    "<html><body><p>Ports</p><table>\n"
    "<tr><th>Protocol/Port</th><th>From</th><th>To</th><th>Notes</th></tr>\n"
    "<tr><td>HTTPS/TCP/443</td><td>Any</td><td>Reverse proxy listener</td><td>outside</td></tr>\n"
    "<tr><td>HTTPS/TCP/4443</td><td>Internal reverse proxy interface</td>"
    "<td>Front End pool, Director</td><td>inside</td></tr>\n"
    "<tr><td>SIP/MTLS/TCP/5061</td><td>Edge Server internal interface</td><td>Director</td>"
    "<td></td></tr>\n"
    "</table></body></html>\n";

constexpr const char* csv =
    "Protocol/Port,From,To,Notes\n"
    "HTTPS/TCP/443,Any,Reverse proxy listener,outside\n"
    "HTTPS/TCP/4443,Internal reverse proxy interface,\"Front End pool, Director\",inside\n"
    "SIP/MTLS/TCP/5061,Edge Server internal interface,Director,\n";

std::string row_text(const ImportedRow& row) {
  std::vector<std::string_view> transports;
  for (const Transport it : row.transports) transports.push_back(to_text(it));
  return fmt::format("{} -> {} {} {} {}{}{}", fmt::join(row.from, ","), fmt::join(row.to, ","),
                     fmt::join(transports, "+"), to_text(row.ports), row.app,
                     row.mutual ? " mutual" : "", row.min_tls.empty() ? "" : " tls " + row.min_tls);
}

std::vector<std::string> rows_of(const Import& imported) {
  std::vector<std::string> rows;
  for (const ImportedRow& row : imported.rows) rows.push_back(row_text(row));
  return rows;
}

std::string file(const std::string& name) {
  std::ifstream in(std::filesystem::path(PCAPAUDIT_TESTS) / "data" / "import" / name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Import imported(const std::string& text, const std::string& name = "ports") {
  auto import = import_documents({ImportFile{.name = name, .text = text}});
  return import ? *std::move(import) : Import{};
}

// "tcp 443; udp 3478", "? 80" without a transport, "-" when the row is left out.
std::string ports(const std::string& cell, const std::string& beside = "",
                  const std::string& heading = "Port") {
  const PortReading reading = read_ports(cell, beside, heading);
  if (!reading.refused.empty()) return "-";
  std::string text;
  for (const PortGroup& group : reading.groups) {
    std::vector<std::string_view> names;
    for (const Transport it : group.transports) names.push_back(to_text(it));
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ",
                        names.empty() ? "?" : fmt::format("{}", fmt::join(names, "+")),
                        to_text(group.ports));
  }
  return text + (reading.doubts.empty() ? "" : " (doubt)");
}

std::vector<std::string> roles(const std::string& cell) {
  return ImportedRoles().take(cell).roles;
}

}  // namespace

TEST_CASE("the same table in Markdown, HTML and CSV gives the same rows") {
  const std::vector<std::string> expected = {
      "any -> reverse-proxy-ext tcp 443 https",
      "reverse-proxy-int -> front-end,director tcp 4443 https",
      "edge-int -> director tcp 5061 sip mutual",
  };
  for (const auto& [name, text] : {std::pair{"ports.md", markdown}, std::pair{"ports.html", html},
                                   std::pair{"ports.csv", csv}}) {
    INFO(name);
    const Import import = imported(text, name);
    CHECK(rows_of(import) == expected);
    CHECK(import.draft.find("port   = [4443]") != std::string::npos);
  }
}

TEST_CASE("a table of traps gives the same rows as HTML, from Word and from Excel") {
  const std::vector<std::string> expected = {
      "till -> shop-server tcp 80,8443 http",
      "shop-server -> ledger-database tcp 5432 postgresql",
      "shop-server -> stock-service tcp 9443 https tls 1.2",
      "partner -> order-gateway tcp 443 https mutual",
      "phone -> media-relay tcp 443 tls",
      "phone -> media-relay udp 3478 tls",
      "camera -> recorder udp 50000-50099 rtp",
      "backup-agent -> backup-server tcp 1024-65535 unknown",
  };
  CHECK(rows_of(imported(file("traps.html"))) == expected);
  CHECK(rows_of(imported(file("traps.docx"))) == expected);
  // The office program that made it lost the strike on a part of a cell.
  auto of_excel = expected;
  of_excel[2] = "shop-server -> stock-service tcp 9000,9443 https tls 1.2";
  CHECK(rows_of(imported(file("traps.xlsx"))) == of_excel);
}

TEST_CASE("ports as people write them") {
  struct Row {
    const char *cell, *beside, *expected;
  };
  const Row rows[] = {
      // lists
      {"443", "TCP", "tcp 443"},
      {"80, 443", "TCP", "tcp 80,443"},
      {"80/443", "TCP", "tcp 80,443"},
      {"80\n443", "TCP", "tcp 80,443"},
      {"80 443", "TCP", "tcp 80,443"},
      {"80、443", "TCP", "tcp 80,443"},
      {"80;443 and 8080", "TCP", "tcp 80,443,8080"},
      {"25,587", "TCP", "tcp 25,587 (doubt)"},
      {"４４３", "TCP", "tcp 443"},
      // thousands
      {"50,000", "UDP", "udp 50000"},
      {"5,061", "TCP", "tcp 5061"},
      {"50.000", "UDP", "udp 50000"},
      {"50'000", "UDP", "udp 50000"},
      {"50,000-59,999", "UDP", "udp 50000-59999"},
      {"49,152-65,535", "UDP", "udp 49152-65535"},
      {"50 000–59 999", "UDP", "udp 50000-59999"},
      {"99,999", "TCP", "tcp 99,999"},
      // ranges
      {"8080-8090", "TCP", "tcp 8080-8090"},
      {"8080 – 8090", "TCP", "tcp 8080-8090"},
      {"8080:8090", "TCP", "tcp 8080-8090"},
      {"8080..8090", "TCP", "tcp 8080-8090"},
      {"8080～8090", "TCP", "tcp 8080-8090"},
      {"5000 to 5010", "TCP", "tcp 5000-5010"},
      {"30.000 bis 30.100", "UDP", "udp 30000-30100"},
      {"5000 a 5010", "TCP", "tcp 5000-5010"},
      {"5000 à 5010", "TCP", "tcp 5000-5010"},
      {"8090-8080", "TCP", "-"},
      // open ends
      {"1024+", "TCP", "tcp 1024-65535"},
      {">1023", "TCP", "tcp 1024-65535"},
      {"≥ 1024", "TCP", "tcp 1024-65535"},
      {"1024 and above", "TCP", "tcp 1024-65535"},
      {"1024 oder höher", "TCP", "tcp 1024-65535"},
      {"<1024", "TCP", "tcp 1-1023"},
      {"any", "TCP", "tcp 1-65535"},
      {"*", "TCP", "tcp 1-65535"},
      {"任意", "TCP", "tcp 1-65535"},
      {"0-65535", "TCP", "tcp 1-65535"},
      {"all but 25", "TCP", "-"},
      {"any except 25", "TCP", "-"},
      // none
      {"", "TCP", "-"},
      {"-", "TCP", "-"},
      {"N/A", "TCP", "-"},
      {"ephemeral", "TCP", "-"},
      {"70000", "TCP", "-"},
      {"0", "TCP", "-"},
      {"4294967739", "TCP", "-"},
      {"", "ICMP", "-"},
      {"-", "protocol 50", "-"},
      {"443", "SCTP", "-"},
      // transports in the cell
      {"TCP 443", "", "tcp 443"},
      {"TCP/443", "", "tcp 443"},
      {"443/tcp, 8443/tcp", "", "tcp 443,8443"},
      {"53/UDP,53/TCP (DNS)", "", "udp 53; tcp 53"},
      {"TCP: 443; UDP: 3478", "", "tcp 443; udp 3478"},
      {"TCP 443 (HTTPS), UDP 443 (QUIC)", "", "tcp 443; udp 443"},
      {"TCP/UDP 53", "", "tcp+udp 53"},
      {"TCP and UDP 53", "", "tcp+udp 53"},
      {"TCP-8530", "", "tcp 8530"},
      {"tcp443", "", "tcp 443"},
      {"443", "TCP and UDP", "tcp+udp 443"},
      {"443", "TCP (6)", "tcp 443"},
      {"443", "", "? 443"},
      // versions and footnotes are no ports
      {"443 (TLS >= 1.2)", "TCP", "tcp 443"},
      {"443 (HTTP/2)", "TCP", "tcp 443"},
      {"445 SMB 3.1.1", "TCP", "tcp 445"},
      {"443¹", "TCP", "tcp 443"},
      {"443*", "TCP", "tcp 443"},
      {"443[2]", "TCP", "tcp 443"},
      {"443 (3)", "TCP", "tcp 443"},
      {"389 (636)", "TCP", "tcp 389,636 (doubt)"},
      {"8443 (was 443)", "TCP", "tcp 8443 (doubt)"},
      {"443 for the portal", "TCP", "tcp 443 (doubt)"},
      {"10.1.2.3", "TCP", "-"},
  };
  for (const Row& row : rows) {
    INFO(row.cell << " beside " << row.beside);
    CHECK(ports(row.cell, row.beside) == row.expected);
  }
  CHECK(ports("443", "", "TCP port") == "tcp 443");
  CHECK(ports("443", "", "TCP or UDP port") == "? 443");
}

TEST_CASE("whom a cell names: a known role by its whole name, anybody, or a role of its own") {
  using Roles = std::vector<std::string>;
  CHECK(roles("Any") == Roles{"any"});
  CHECK(roles("Beliebig") == Roles{"any"});
  CHECK(roles("任意") == Roles{"any"});
  CHECK(roles("Front End Server, Front End pool, Director") == Roles{"front-end", "director"});
  CHECK(roles("Interne Reverseproxyschnittstelle") == Roles{"reverse-proxy-int"});
  CHECK(roles("Interfaz interna de proxy inverso") == Roles{"reverse-proxy-int"});
  CHECK(roles("Internal clients") == Roles{"internal-clients"});
  for (const char* other :
       {"Ledger", "Active Directory", "Directory", "Edge router", "BOSH Director",
        "Edge Transport server", "any internal host", "Any (clients)", "Web server",
        "Clients (internal and external)", "AnyConnect gateway", "Internal"}) {
    INFO(other);
    const Roles named = roles(other);
    REQUIRE(named.size() == 1);
    for (const char* known : {"any", "director", "edge-ext", "edge-int", "internal-clients",
                              "any-internal", "front-end"}) {
      CHECK(named[0] != known);
    }
  }
}

TEST_CASE("roles of a document: names, lists, addresses") {
  ImportedRoles names;
  names.note("Scheduler");
  names.note("Planner");
  using Roles = std::vector<std::string>;
  CHECK(names.take("Planner, Scheduler").roles == Roles{"planner", "scheduler"});
  CHECK(names.take("Payment platform, zone A").roles == Roles{"payment-platform-zone-a"});
  CHECK(names.take("Web tier").roles == Roles{"web-tier"});
  CHECK(names.take("Web tier (10.10.1.0/24)").roles == Roles{"web-tier"});
  CHECK(names.own().at("web-tier").bind == Roles{"10.10.1.0/24"});
  CHECK(names.take("10.1.2.3, 10.1.2.4").roles.size() == 1);
  // The same first forty letters are not the same role.
  const std::string longest(60, 'x');
  CHECK(names.take(longest + " a").roles != names.take(longest + " b").roles);
  CHECK(names.take("").roles.empty());
}

TEST_CASE("demands in words, in the languages of documents") {
  for (const char* mutual :
       {"HTTPS, mutual TLS", "SIP over TLS (mutual)", "SIP/MTLS/TCP/5061",
        "HTTPS with client certificate", "certificate-based", "HTTPS mit Clientzertifikat",
        "TLS mutuel", "TLS mutuo", "相互 TLS", "双向 TLS", "two-way SSL"}) {
    INFO(mutual);
    CHECK(requirement_in(mutual).mutual);
    CHECK(requirement_in(mutual).tls);
  }
  for (const char* none : {"HTTPS", "HTTPS, no mutual TLS", "TLS without client certificate",
                           "ohne Clientzertifikat", "TCP 443"}) {
    INFO(none);
    CHECK_FALSE(requirement_in(none).mutual);
  }
  CHECK(requirement_in("HTTPS (TLS >= 1.2)").min_version == "1.2");
  CHECK(requirement_in("TLS 1.3").min_version == "1.3");
  CHECK(requirement_in("TLS 1.2 or TLS 1.3").min_version == "1.2");
  CHECK(requirement_in("TLS").min_version.empty());
  CHECK(mutual_column("yes").mutual);
  CHECK_FALSE(mutual_column("no").mutual);
  CHECK_FALSE(mutual_column("sometimes").doubts.empty());
}

TEST_CASE("columns by their headings") {
  struct Row {
    const char* heading;
    ColumnKind kind;
  };
  const Row rows[] = {
      {"Source", ColumnKind::from},
      {"Quell-IP-Adresse", ColumnKind::from},
      {"Dirección IP de origen", ColumnKind::from},
      {"送信元", ColumnKind::from},
      {"Destination Component", ColumnKind::to},
      {"Indirizzo IP di destinazione", ColumnKind::to},
      {"目的地 IP 位址", ColumnKind::to},
      {"Destination Port", ColumnKind::port},
      {"Protocolo/TCP o UDP/Puerto", ColumnKind::port},
      {"Server port", ColumnKind::port},
      {"Client port", ColumnKind::source_port},
      {"Source port ranges", ColumnKind::source_port},
      {"Destination Protocol", ColumnKind::transport},
      {"Transport", ColumnKind::transport},
      {"Important", ColumnKind::none},
      {"To/From", ColumnKind::peer},
      {"Direction", ColumnKind::direction},
      {"Action", ColumnKind::action},
      {"Used by", ColumnKind::used_by},
      {"Service", ColumnKind::app},
      {"Bemerkung", ColumnKind::notes},
  };
  for (const Row& row : rows) {
    INFO(row.heading);
    CHECK(to_text(column_kind(row.heading)) == to_text(row.kind));
  }
}

TEST_CASE("what is turned round or denied is no row, in any language") {
  for (const char* cell : {"not 22",
                           "!22",
                           "!= 22",
                           "no 25",
                           "22 no",
                           "<> 22",
                           "not any",
                           "1-1024 (not 22)",
                           "1-1024 without 22",
                           "all (no UDP)",
                           "TCP, not UDP 443",
                           "22 (blocked)",
                           "25 (deny)",
                           "non-TCP 53",
                           "22以外",
                           "1-100 sans 22",
                           "hors 22",
                           "nicht 22",
                           "22 gesperrt",
                           "49152 -> 65535",
                           "6/443",
                           "5 ports: 443",
                           "8000 + 2",
                           "from 1024",
                           "1024-",
                           "-1024"}) {
    CAPTURE(cell);
    CHECK(ports(cell, "TCP") == "-");
  }
  for (const char* beside : {"TCP (not UDP)", "UDP, no TCP", "not TCP", "!UDP", "TCP ohne UDP"}) {
    CAPTURE(beside);
    CHECK(ports("443", beside) == "-");
  }
  CHECK(ports("1024…1030", "TCP") == "tcp 1024-1030");
  CHECK(ports("135 + ephemeral", "TCP") == "tcp 135 (doubt)");
  CHECK(ports("135, dynamic", "TCP") == "tcp 135 (doubt)");
  CHECK(ports("TLS1.2 443", "TCP") == "tcp 443");
  const std::string head = "| From | To | Port | Action | Verdict |\n|---|---|---|---|---|\n";
  for (const char* row :
       {"| A | B | TCP 22 | Not allowed | |", "| A | B | TCP 22 | Nicht erlaubt | |",
        "| A | B | TCP 22 | do not open | |", "| A | B | TCP 22 | Allowed: no | |",
        "| A | B | TCP 22 | 不允许 | |", "| A | B | TCP 22 | 非許可 | |",
        "| A | B | TCP 22 | Allow | DENY |", "| not 10.0.0.5 | B | TCP 22 | Allow | |",
        "| A | all but 10.1.0.0/16 except 10.2.0.1 | TCP 22 | Allow | |"}) {
    CAPTURE(row);
    const Import import =
        imported(head + "| C | D | TCP 1 | Allow | |\n" + std::string(row) + "\n");
    CHECK(rows_of(import) == std::vector<std::string>{"c -> d tcp 1 unknown"});
    CHECK(std::any_of(import.remarks.begin(), import.remarks.end(),
                      [](const Error& it) { return it.where == "ports:4:1"; }));
  }
}

TEST_CASE("what must not become a row is left out and said") {
  const std::string head = "| From | To | Port | Action | Direction |\n|---|---|---|---|---|\n";
  struct Row {
    const char *text, *said;
    std::vector<std::string> rows;
  };
  const Row rows[] = {
      {"| A | B | TCP 22 | Deny | |", "denies", {}},
      {"| A | B | TCP 22 | perhaps | |", "action", {}},
      {"| A | | TCP 22 | Allow | |", "source or destination is empty", {}},
      {"| **Optional** | | | | |", "heading row", {}},
      {"| A | B | TCP 22 | Allow | Both |", "", {"a -> b tcp 22 unknown", "b -> a tcp 22 unknown"}},
      {"| A | B | TCP 22 | Allow | when asked |", "direction", {"a -> b tcp 22 unknown"}},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const Import import =
        imported(head + "| C | D | TCP 1 | Allow | |\n" + std::string(row.text) + "\n");
    auto expected = row.rows;
    expected.insert(expected.begin(), "c -> d tcp 1 unknown");
    CHECK(rows_of(import) == expected);
    const bool said =
        std::any_of(import.remarks.begin(), import.remarks.end(), [&](const Error& it) {
          return it.where == "ports:4:1" && it.what.find(row.said) != std::string::npos;
        });
    CHECK((said || row.said[0] == '\0'));
  }
}

TEST_CASE("every table is read or named, and tables in comments and code are no tables") {
  const std::string text =
      "| CPU | RAM |\n|---|---|\n| 4 | 8 |\n\n"
      "<!--\n| From | To | Port |\n|---|---|---|\n| A | B | TCP 1 |\n-->\n\n"
      "```\n| From | To | Port |\n|---|---|---|\n| C | D | TCP 2 |\n```\n\n"
      "   | From | To | Port | \n   |---|---|---| \n   | E | F | TCP 3 | \n\n"
      "From | To | Port\n--- | --- | ---\nG | H | TCP 4\n";
  const Import import = imported(text);
  CHECK(rows_of(import) ==
        std::vector<std::string>{"e -> f tcp 3 unknown", "g -> h tcp 4 unknown"});
  for (const char* line : {"ports:1:1", "ports:5:1", "ports:11:1"}) {
    INFO(line);
    CHECK(std::any_of(import.remarks.begin(), import.remarks.end(),
                      [&](const Error& it) { return it.where == line; }));
  }
}

TEST_CASE("columns that a person names, and ends that no column has") {
  const std::string text =
      "| Who | Whom | Nr |\n|---|---|---|\n| A | B | TCP 1 |\n\n"
      "| Service | Port |\n|---|---|\n| sshd | TCP 22 |\n";
  const auto with = [&](std::map<std::string, std::string> columns, std::size_t table) {
    const auto import = import_documents({ImportFile{.name = "ports", .text = text}},
                                         {.columns = std::move(columns), .table = table});
    return import ? rows_of(*import) : std::vector<std::string>{};
  };
  using Rows = std::vector<std::string>;
  CHECK(with({}, 0).empty());
  CHECK(with({{"from", "who"}, {"to", "Whom"}, {"port", "Nr"}}, 0) == Rows{"a -> b tcp 1 unknown"});
  CHECK(with({{"from", "Whom"}, {"to", "Who"}, {"port", "Nr"}}, 1) == Rows{"b -> a tcp 1 unknown"});
  CHECK(with({{"from", "Whom"}, {"to", "Who"}, {"port", "Nr"}}, 2).empty());
  CHECK(with({{"from", "any"}, {"to", "Service"}}, 0) == Rows{"any -> sshd tcp 22 unknown"});
}

TEST_CASE("equal rows of two documents are one row with two sources") {
  const auto import = import_documents(
      {ImportFile{.name = "a.md", .text = markdown}, ImportFile{.name = "b.csv", .text = csv}});
  REQUIRE(import);
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = import->draft.find("[[flow]]", at)) != std::string::npos; ++at) {
    ++rows;
  }
  CHECK(rows == 3);
  CHECK(import->draft.find("{ doc = \"D0\", lines = \"5\" }, { doc = \"D1\", lines = \"2\" }") !=
        std::string::npos);
}

TEST_CASE("a row without a port is left out and said, with its line") {
  const Import import = imported(std::string(csv) + "HTTPS/TCP/none,Any,Director,\n", "ports.csv");
  CHECK(import.rows.size() == 3);
  REQUIRE(import.remarks.size() == 1);
  CHECK(import.remarks[0].where.starts_with("ports.csv:5"));
}

TEST_CASE("a document without a port table is an error that names it") {
  for (const std::string text : {"No table.\n", "", "%PDF-1.7", "PK\x03\x04", "\xd0\xcf\x11\xe0"}) {
    const auto import = import_documents({ImportFile{.name = "prose.txt", .text = text}});
    REQUIRE_FALSE(import);
    CHECK(import.error().where.starts_with("prose.txt"));
  }
}

TEST_CASE("other encodings and separators") {
  const auto has_row = [&](const std::string& text) {
    const Import import = imported(text);
    REQUIRE(import.rows.size() == 1);
    CHECK(to_text(import.rows[0].ports) == "443");
    return import.rows[0].cells;
  };
  CHECK(has_row("From;To;Port;App\nB\xfcro;Server;TCP 443;HTTPS\n").starts_with("Büro"));
  CHECK(has_row("\xef\xbb\xbf"
                "From\tTo\tPort\tApp\nBüro\tServer\tTCP 443\tHTTPS\n")
            .starts_with("Büro"));
  std::string wide = "\xff\xfe";
  for (const char c : std::string("From,To,Port\nOffice,Server,TCP 443\n")) wide += {c, '\0'};
  CHECK(has_row(wide).starts_with("Office"));
}

TEST_CASE("a document cut anywhere is answered with at most its own rows") {
  for (const std::string text : {markdown, html, csv}) {
    for (std::size_t length = 0; length <= text.size(); ++length) {
      CHECK(imported(text.substr(0, length), "cut").rows.size() <= 3);
    }
  }
  for (const char* name : {"traps.docx", "traps.xlsx"}) {
    const std::string text = file(name);
    for (std::size_t length = 0; length < text.size(); length += 13) {
      CHECK(imported(text.substr(0, length), name).rows.size() <= 8);
    }
  }
}

TEST_CASE("hostile documents are refused or read, and bounded") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div><table><tr><td>";
  CHECK(imported(deep).rows.empty());
  std::string wide = "| From | To | Port |\n|---|---|---|\n";
  for (int i = 0; i < 20'000; ++i)
    wide += fmt::format("| host {} | B | TCP {} |\n", i % 50, 1 + i % 60000);
  const Import many = imported(wide);
  CHECK(many.rows.size() == 20'000);
  CHECK(many.remarks.size() < 20'100);
  // The first ten thousand remarks, and how many more there are.
  std::string doubtful = "| From | To | Port |\n|---|---|---|\n| A | B | TCP 1 |\n";
  for (int i = 0; i < 12'000; ++i) doubtful += "| A | B | none |\n";
  const Import listed = imported(doubtful);
  CHECK(listed.remarks.size() == 10'001);
  CHECK(listed.remarks.back().what == "2003 more remarks are not listed");
  const std::string entities =
      "<?xml version=\"1.0\"?><!DOCTYPE t [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
      "<html><body><table><tr><td>&b;</td></tr></table></body></html>";
  CHECK(imported(entities).rows.empty());
  // A sign of TOML in a name stays in its text.
  const Import quoted = imported("From,To,Port\n\"a\"\"b\\\x01\x7f\",B,TCP 1\n");
  REQUIRE(quoted.rows.size() == 1);
  CHECK(quoted.draft.find('\x01') == std::string::npos);
}
