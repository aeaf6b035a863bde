// Port tables typed by hand, as documents carry them, and the rows they must give.
#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <pcapaudit/policy/import.hpp>
#include <pcapaudit/policy/policy.hpp>

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

std::vector<std::string> rows_of(const Import& imported) {
  std::vector<std::string> rows;
  for (const ImportedRow& row : imported.rows) {
    rows.push_back(fmt::format("{} -> {} {}{}", fmt::join(row.from, ","), fmt::join(row.to, ","),
                               row.app, row.mutual ? " mutual" : ""));
  }
  return rows;
}

}  // namespace

TEST_CASE("the same table in Markdown, HTML and CSV gives the same rows") {
  const std::vector<std::string> expected = {
      "any -> reverse-proxy-ext https",
      "reverse-proxy-int -> front-end,director https",
      "edge-int -> director sip mutual",
  };
  for (const auto& [name, text] : {std::pair{"ports.md", markdown}, std::pair{"ports.html", html},
                                   std::pair{"ports.csv", csv}}) {
    INFO(name);
    const auto imported = import_documents({ImportFile{.name = name, .text = text}});
    REQUIRE(imported);
    CHECK(rows_of(*imported) == expected);
    CHECK(imported->draft.find("port   = [4443]") != std::string::npos);
  }
}

TEST_CASE("equal rows of two documents are one row with two sources") {
  const auto imported = import_documents(
      {ImportFile{.name = "a.md", .text = markdown}, ImportFile{.name = "b.csv", .text = csv}});
  REQUIRE(imported);
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = imported->draft.find("[[flow]]", at)) != std::string::npos; ++at) {
    ++rows;
  }
  CHECK(rows == 3);
  CHECK(imported->draft.find("{ doc = \"D0\", lines = \"5\" }, { doc = \"D1\", lines = \"2\" }") !=
        std::string::npos);
}

TEST_CASE("a row without a port is left out and said, with its line") {
  const auto imported = import_documents({ImportFile{
      .name = "ports.csv", .text = std::string(csv) + "HTTPS/TCP/none,Any,Director,\n"}});
  REQUIRE(imported);
  CHECK(imported->rows.size() == 3);
  REQUIRE(imported->remarks.size() == 1);
  CHECK(imported->remarks[0].where.starts_with("ports.csv:5"));
}

TEST_CASE("a document without a port table is an error that names it") {
  const auto imported = import_documents({ImportFile{.name = "prose.txt", .text = "No table.\n"}});
  REQUIRE_FALSE(imported);
  CHECK(imported.error().where.starts_with("prose.txt"));
}

TEST_CASE("a document cut anywhere is answered with at most its own rows") {
  for (const std::string text : {markdown, html, csv}) {
    for (std::size_t length = 0; length <= text.size(); ++length) {
      const auto imported =
          import_documents({ImportFile{.name = "cut", .text = text.substr(0, length)}});
      if (imported) CHECK(imported->rows.size() <= 3);
    }
  }
}
