// Tables of reStructuredText and AsciiDoc typed by hand, and sentences that speak of ports.
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "import/tables/document.hpp"

using namespace pcapaudit;

namespace {

// "3: a | b | c" for each row of each table.
std::vector<std::string> rows(const std::string& text) {
  std::vector<std::string> all;
  for (const DocumentTable& table : read_document(text).tables) {
    for (const TableRow& row : table.rows) {
      std::vector<std::string> cells;
      for (const DocumentCell& it : row.cells) {
        std::string cell = it.text;
        std::replace(cell.begin(), cell.end(), '\n', '/');
        cells.push_back(cell + (it.from_above ? "^" : ""));
      }
      all.push_back(fmt::format("{}: {}", row.line, fmt::join(cells, " | ")));
    }
  }
  return all;
}

using Rows = std::vector<std::string>;

}  // namespace

TEST_CASE("reStructuredText: grid tables, cells over rows and columns") {
  CHECK(rows("Ports\n=====\n\n"
             "+--------+---------+----------+\n"
             "| From   | To      | Port     |\n"
             "+========+=========+==========+\n"
             "| Web    | **App** | ``8080`` |\n"
             "| server |         | [1]_     |\n"
             "+--------+---------+----------+\n"
             "| Batch  | App     | 22       |\n"
             "|        +---------+----------+\n"
             "|        | Database, tcp 5432 |\n"
             "+--------+---------+----------+\n") ==
        Rows{"5: From | To | Port", "7: Web/server | App | 8080", "10: Batch | App | 22",
             "12: Batch^ | Database, tcp 5432 | Database, tcp 5432"});
}

TEST_CASE("reStructuredText: simple tables") {
  CHECK(rows("Ports of it:\n\n"
             "======  =====  ======\n"
             "From    To     Port\n"
             "======  =====  ======\n"
             "Web     App    8080\n"
             "               8081\n"
             "Batch   *App*  22\n"
             "======  =====  ======\n\n"
             "Text behind.\n") ==
        Rows{"4: From | To | Port", "6: Web | App | 8080/8081", "8: Batch | App | 22"});
}

TEST_CASE("reStructuredText: csv-table and list-table") {
  CHECK(rows("Ports\n-----\n\n"
             ".. csv-table:: The ports\n"
             "   :header: \"From\", \"To\", \"Port\"\n"
             "   :widths: 1, 1, 1\n"
             "\n"
             "   \"Web\", \"App\", \"80, 443\"\n"
             "   Batch, :term:`App`, 22\n"
             "\n"
             ".. list-table::\n"
             "   :header-rows: 1\n"
             "\n"
             "   * - From\n"
             "     - To\n"
             "     - Port\n"
             "   * - Web\n"
             "     - App\n"
             "     - 8080\n"
             "       and 8081\n") == Rows{"4: From | To | Port", "8: Web | App | 80, 443",
                                          "9: Batch | App | 22", "14: From | To | Port",
                                          "17: Web | App | 8080/and 8081"});
}

TEST_CASE("AsciiDoc: cells by bars, over rows and columns, one on each line") {
  CHECK(rows("= Guide\n\n"
             ".Ports\n"
             "[cols=\"1,1,2\",options=\"header\"]\n"
             "|===\n"
             "|From |To |Port\n"
             "\n"
             "|Web\n"
             "|*App*\n"
             "|`8080`footnote:[since 2.0]\n"
             ".2+|Batch |App |22\n"
             "2+|Database tcp 5432\n"
             "// |no |row |1\n"
             "|===\n") == Rows{"6: From | To | Port", "8: Web | App | 8080", "11: Batch | App | 22",
                               "12: Batch^ | Database tcp 5432 | Database tcp 5432"});
  CHECK(rows("|===\n|From |To |Port\n|a |b |1 \\| 2\n|===\n") ==
        Rows{"2: From | To | Port", "3: a | b | 1 | 2"});
}

TEST_CASE("sentences that speak of ports are named, tables are not") {
  const Document document = read_document(
      "# Ports\n\n"
      "Clients reach the proxy by HTTPS/TCP/443 and, where chosen, TCP port 80.\n"
      "In 2013 there were 443 servers.\n\n"
      "| From | To | Port |\n|---|---|---|\n| a | b | TCP 22 |\n\n"
      "連接埠 8080 是用來將流量從反向 Proxy 傳送。\n");
  REQUIRE(document.remarks.size() == 2);
  CHECK(document.prose == 2);
  CHECK(document.remarks[0].line == 3);
  CHECK(document.remarks[0].what.starts_with(
      "ports 443, 80 stand in text, not read: \"Clients reach"));
  CHECK(document.remarks[1].line == 10);
  CHECK(document.remarks[1].what.starts_with("ports 8080 stand in text, not read"));
}
