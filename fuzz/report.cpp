// Bytes as every name that a report repeats: hosts, paths, user agents, certificate names, the
// site, files, what was expected and seen. No format lets one of them become anything but text.
#include "report/report.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <nlohmann/json.hpp>

#include "report/formats.hpp"
#include "report/text/query.hpp"
#include "support/hand_audit.hpp"
#include "target.hpp"

namespace pcapaudit::fuzz {
namespace {

// Stands in each hostile name, so that a page which does not escape it is seen.
constexpr std::string_view mark = "<zq'\"&>";

std::vector<std::string> names_of(Bytes input) {
  ByteReader reader(input);
  std::vector<std::string> names;
  constexpr std::size_t most_names = 12;
  while (reader.remaining() > 1 && names.size() < most_names) {
    const std::size_t size = std::min<std::size_t>(reader.u8(), reader.remaining());
    names.push_back(std::string(as_text(reader.take(size))) + std::string(mark));
  }
  return names;
}

Result<std::unique_ptr<Store>> audit_with(const std::vector<std::string>& names) {
  const auto name = [&](std::size_t i) { return names[i % names.size()]; };
  AuditedFlow web = test::allowed_https();
  auto& http = std::get<HttpFacts>(web.flow.records[1]);
  http.hosts.add(name(0));
  http.paths.add(name(1));
  http.user_agents.add(name(2));
  auto& tls = std::get<TlsFacts>(web.flow.records[0]);
  tls.sni = name(3);
  Certificate certificate = test::hand_certificate();
  certificate.subject = name(4);
  certificate.issuer = name(5);
  certificate.san = {name(6)};
  tls.server_chain = {certificate};
  AuditedFlow foreign = test::undocumented_https(2, Outcome::data, 1);
  foreign.verdict.nearest.front().observed = name(7);
  foreign.verdict.nearest.front().expected = name(8);
  AuditedFlow wrong = test::not_mutual_sip();
  wrong.verdict.problems.front().observed = name(9);
  AuditedFlow unread = test::undetermined_https();
  unread.flow.account[0] = {.end = Unread::malformed, .why = name(10)};

  auto store = Store::create(":memory:", false);
  if (!store) return store;
  Policy policy = test::hand_policy();
  policy.site_name = name(11);
  policy.roles.back().title = name(0);
  policy.mistakes.front().say = name(1);
  policy.flows.front().title = name(2);
  policy.flows.front().owner = name(3);
  if (auto written = (*store)->write_policy(policy); !written) {
    return std::unexpected(written.error());
  }
  const std::array flows{web, foreign, wrong, unread};
  if (auto stored = (*store)->accept(flows); !stored) return std::unexpected(stored.error());
  auto captures = test::hand_captures();
  captures.front().facts.name = name(4);
  captures.front().facts.interfaces.front().name = name(5);
  const RunFacts run{.tool_version = "0", .arguments = {name(6)}, .skipped = {name(7)}};
  if (auto done = (*store)->finish(run, captures); !done) return std::unexpected(done.error());
  return store;
}

// What is not text: controls, bytes that are no UTF-8, and characters that turn the direction.
bool is_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80   ? 1
                             : byte < 0xc2 ? 0
                             : byte < 0xe0 ? 2
                             : byte < 0xf0 ? 3
                             : byte < 0xf5 ? 4
                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    unsigned point = size == 1 ? byte : byte & (0x7fU >> size);
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    if ((point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0)) {
      return false;
    }
    if ((point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) return false;
    i += size;
  }
  return true;
}

bool is_json(const std::string& text) {
  return nlohmann::json::accept(text);
}

// Does a spreadsheet run something in it, whatever separator it divides by?
bool runs_formula(std::string_view csv) {
  constexpr std::string_view separators = ",;\t|\n", signs = "=+@";
  for (std::size_t i = 0; i + 1 < csv.size(); ++i) {
    if (separators.find(csv[i]) == std::string_view::npos) continue;
    std::size_t first = i + 1;
    while (first < csv.size() && (csv[first] == '"' || csv[first] == ' ')) ++first;
    if (first < csv.size() && signs.find(csv[first]) != std::string_view::npos) return true;
  }
  return false;
}

std::string answer(const Store& store, const std::string& format) {
  std::string out;
  const auto done = answer_query(store, "SELECT * FROM v_finding ORDER BY finding", format,
                                 [&](std::string_view part) -> Result<void> {
                                   out += part;
                                   return {};
                                 });
  require(done.has_value(), "a query over names succeeds");
  return out;
}

}  // namespace

void run(Bytes input) {
  const std::vector<std::string> names = names_of(input);
  if (names.empty()) return;
  const auto store = audit_with(names);
  require(store.has_value(), "names of any bytes can be stored");

  const auto text = render_text(**store, {.database_name = names.front()});
  require(text.has_value() && is_text(*text), "the text report is text");
  const auto json = render_json(**store);
  require(json.has_value() && is_json(*json) && is_text(*json), "the JSON report is JSON");
  require(is_text(answer(**store, "table")), "the answer to a query is text");
  require(is_json(answer(**store, "json")), "the answer to a query is JSON");
  require(!runs_formula(answer(**store, "csv")), "no cell is a formula");
  const auto model = read_report_model(**store);
  require(model.has_value(), "the model can be read");
  for (const ReportFormat& format : report_formats()) {
    const std::string page = format.render(*model);
    require(is_text(page), "a report is text");
    if (format.name == "sarif") require(is_json(page), "SARIF is JSON");
    if (format.name == "html") {
      require(page.find(mark.substr(0, 4)) == std::string::npos, "a name is no element");
    }
  }
}

std::vector<std::string> seeds() {
  const auto names = [](const std::vector<std::string>& all) {
    std::string bytes;
    for (const std::string& it : all) bytes += static_cast<char>(it.size()) + it;
    return bytes;
  };
  return {names({"www.example.com", "/path", "agent/1.0"}),
          names({"\x1b]0;title\x07", "\x1b[2J", "a\r\nb: c",
                 "\xc2\x9b"
                 "1m"}),
          names({"<script>alert(1)</script>", "\" onload=\"x", "' or 1=1 --", "</style>", "&#0;"}),
          names({"=1+1", "+cmd|x", "@sum", "-1", "\t=1", ";=1", "\"\n=1"}),
          names({"\xe2\x80\xae"
                 "abc",
                 "\xff\xfe\x80", std::string("a\0b", 3), "\xef\xbb\xbf"}),
          names({"`code` **b** [a](javascript:x)", "| a | b |", "```\n# h", "<!-- -->", "{{x}}"})};
}

}  // namespace pcapaudit::fuzz
