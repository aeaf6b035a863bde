// Files as port documents: every row has ends and ports, and the draft loads, or says what is too
// much.
#include <fstream>
#include <iterator>

#include "policy/import.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {

void run(Bytes input) {
  const auto import = import_documents({{.name = "fuzz", .text = std::string(as_text(input))}});
  if (!import) return require(!import.error().what.empty(), "an error says what it is");
  for (const ImportedRow& row : import->rows) {
    require(!row.from.empty() && !row.to.empty() && !row.ports.empty() && !row.transports.empty(),
            "a row has ends, ports and transports");
  }
  const auto draft = load_policy_texts({{"draft.toml", import->draft}});
  require(draft.has_value() || draft.error().what.find("more than") != std::string::npos,
          "a draft loads");
}

std::vector<std::string> seeds() {
  std::vector<std::string> all = {
      "| From | To | Port | Action |\n|---|---|---|---|\n| A [x](#y) | ~~B~~ C | TCP `80`-**90** | Allow |\n",
      "From,To,Protocol,Port,Service\n\"A, B\",C,TCP,\"1,024-2,048\",\"HTTPS, mutual TLS\"\n",
      "<table><tr><th>From / To</th><th>A</th></tr><tr><td>B</td><td>443 TCP<sup>1</sup></td></tr></table>"};
  for (const char* name : {"traps.html", "traps.docx", "traps.xlsx"}) {
    std::ifstream in(std::string(PCAPAUDIT_TEST_DATA) + "/import/" + name, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

}  // namespace pcapaudit::fuzz
