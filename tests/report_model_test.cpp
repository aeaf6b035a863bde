// What a report says of an audit made by hand, what it cuts, and that text cannot become markup.

#include <algorithm>

#include <catch2/catch.hpp>

#include "report/formats.hpp"
#include "report/html/html_markup.hpp"
#include "support/hand_audit.hpp"

namespace pcapaudit {
namespace {

using namespace std::string_view_literals;

ReportModel model_of(const std::vector<AuditedFlow>& flows, const ReportLimits& limits = {}) {
  const auto store = test::hand_audit(flows);
  REQUIRE(store);
  auto model = read_report_model(**store, limits);
  REQUIRE(model);
  return *model;
}

const MatrixCell* cell_of(const ReportMatrix& matrix, std::string_view from, std::string_view to) {
  const auto found = std::find_if(matrix.cells.begin(), matrix.cells.end(), [&](const auto& it) {
    return matrix.roles.rows[it.from].id == from && matrix.roles.rows[it.to].id == to;
  });
  return found == matrix.cells.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("report: the statement counts what came through, and never passes what is undetermined") {
  const ReportModel model = model_of(test::hand_flows());
  CHECK(
      model.run.flows ==
      VerdictCounts{
          .flows = 7, .allowed = 1, .violation = 4, .waived = 0, .undetermined = 1, .ignored = 1});
  // Two causes with data both ways (proxy on 443, no mutual TLS); one probe without an answer.
  CHECK(model.findings.came_through == 2);
  CHECK(model.findings.stopped == 1);
  CHECK(model.statement.kind == ReportStatement::Kind::deviates);
  CHECK(model.statement.sentence ==
        "Observed traffic deviates from the documented flows in 2 ways; 1 flow could not be "
        "judged.");

  CHECK(model_of({test::undetermined_https()}).statement.kind ==
        ReportStatement::Kind::undetermined);
  CHECK(model_of({test::allowed_https()}).statement.kind == ReportStatement::Kind::documented);
  CHECK(model_of({test::blocked_probe()}).statement.kind == ReportStatement::Kind::stopped);
  CHECK(model_of({test::ignored_dns()}).statement.kind == ReportStatement::Kind::no_evidence);
  CHECK(model_of({}).statement.kind == ReportStatement::Kind::no_evidence);
}

TEST_CASE("report: each cell of the matrix tells the gravest thing in it") {
  using State = MatrixCell::State;
  const ReportMatrix matrix = model_of(test::hand_flows()).matrix;
  struct Case {
    std::string_view from, to;
    State want;
  };
  const Case cases[] = {
      {"reverse-proxy-int", "director", State::violation},
      {"edge-int", "director", State::violation},
      {"unknown-internal", "director", State::blocked},
      {"internal-clients", "director", State::undetermined},
      {"any", "director", State::unseen},
      {"director", "sql", State::not_observable},
  };
  for (const Case& c : cases) {
    CAPTURE(c.from, c.to);
    const MatrixCell* cell = cell_of(matrix, c.from, c.to);
    REQUIRE(cell != nullptr);
    CHECK(cell->state == c.want);
  }
  CHECK(matrix.cells.size() == std::size(cases));
  CHECK(cell_of(matrix, "internal-clients", "director")->flows.allowed == 1);
}

TEST_CASE("report: a card has the row, the failing field, hosts and evidence") {
  const ReportModel model = model_of(test::hand_flows());
  const auto found = std::find_if(
      model.findings.cards.begin(), model.findings.cards.end(),
      [](const ReportCard& it) { return it.row == "rp-int-4443" && it.row_is_nearest; });
  REQUIRE(found != model.findings.cards.end());
  CHECK(found->failing_field == "port");
  CHECK(found->expected == "4443");
  CHECK(found->observed == "443");
  CHECK(found->finding.flows == 2);
  CHECK(found->packets == 18);
  CHECK(found->bytes == 9000);
  CHECK(found->outcomes == std::vector<NamedCount>{{"data", 1}, {"refused", 1}});
  CHECK(found->clients.rows == std::vector<NamedCount>{{"10.1.0.5", 2}});
  REQUIRE(found->evidence.rows.size() == 2);
  CHECK(found->evidence.rows[0].first_packet == 2);
  CHECK(found->evidence.rows[0].wireshark ==
        "ip.addr == 10.1.0.5 && ip.addr == 10.2.0.11 && tcp.port == 50000 && tcp.port == 443");
}

TEST_CASE("report: what is cut is counted") {
  const ReportModel whole = model_of(test::hand_flows());
  const ReportModel cut =
      model_of(test::hand_flows(), {.roles = 2, .cards = 1, .short_findings = 1, .rules = 2});
  CHECK(cut.findings.total == whole.findings.total);
  CHECK(cut.findings.cards.size() == 1);
  CHECK(cut.findings.others.rows.size() == 1);
  CHECK(cut.findings.others.total == whole.findings.total - 1);
  CHECK(cut.rules.rules.cut() == 3);
  CHECK(cut.matrix.roles.cut() == whole.matrix.roles.total - 2);
  CHECK(render_html(cut).find("see CSV") != std::string::npos);
}

TEST_CASE("report: the same rows give the same page and digest, another row another digest") {
  const ReportModel model = model_of(test::hand_flows());
  CHECK(model_of(test::hand_flows()) == model);
  CHECK(render_html(model) == render_html(model));
  auto flows = test::hand_flows();
  ++flows[0].flow.bytes[0];
  CHECK(model_of(flows).digest != model.digest);
}

TEST_CASE("report: a page is rendered whatever is missing") {
  CHECK(render_html(ReportModel{}).ends_with("</html>\n"));
  CHECK(render_html(model_of({})).ends_with("</html>\n"));
}

TEST_CASE("report: changes since a baseline are a section of their own, when there is a baseline") {
  ReportModel model = model_of(test::hand_flows());
  CHECK(render_html(model).find("id=\"changes\"") == std::string::npos);
  model.changes = ReportChanges{.baseline = "the audit of 2026-05-20",
                                .changes = {.rows = {{.kind = ReportChange::Kind::gone,
                                                      .what = "host",
                                                      .id = "10.1.0.5",
                                                      .text = "<not seen any more>"}},
                                            .total = 3}};
  const std::string page = render_html(model);
  CHECK(page.find("id=\"changes\"") != std::string::npos);
  CHECK(page.find("&lt;not seen any more&gt;") != std::string::npos);
  CHECK(page.find("2 more rows, see CSV.") != std::string::npos);
}

TEST_CASE("markup: text cannot become anything else") {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"}, {"abc\u202egnp.exe", "abc[U+202E]gnp.exe"},
      {"zero\u200bwidth", "zero[U+200B]width"}, {"tag\U000E0041", "tag[U+E0041]"},
      {"Zürich 東京 😀", "Zürich 東京 😀"},     {"", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(escaped(c.text).html == c.want);
  }
  CHECK(html("<td>{}</td>", "<i>").html == "<td>&lt;i&gt;</td>");
  CHECK(html("<td>{}</td>", Markup{"<i>"}).html == "<td><i></td>");
}

TEST_CASE("markup: numbers for people") {
  CHECK(spaced(1234567) == "1\u202f234\u202f567");
  CHECK(bytes_text(999) == "999\u202fB");
  CHECK(bytes_text(1000) == "1.00\u202fkB");
  CHECK(bytes_text(999'999) == "1.00\u202fMB");
  CHECK(bytes_text(123'456'789) == "123\u202fMB");
  CHECK(duration_text(59) == "59\u202fs");
  CHECK(duration_text(3661) == "1\u202fh 1\u202fmin");
}

TEST_CASE("logo: a picture becomes a data URI, anything else does not") {
  // RFC 4648 coding of the eight bytes that begin every PNG.
  CHECK(logo_uri("\x89PNG\r\n\x1a\n"sv).value() == "data:image/png;base64,iVBORw0KGgo=");
  CHECK_FALSE(logo_uri("<html>"));
  CHECK_FALSE(logo_uri(std::string(600 * 1024, '\xff')));
}

}  // namespace pcapaudit
