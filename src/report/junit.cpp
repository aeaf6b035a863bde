// An audit as JUnit XML, which continuous integration shows as tests.
//
// Suites: the audit itself, documented rows, findings, and what could not be judged. A violation is
// a failure, what could not be judged an error: neither is a pass. Rows that nothing can be said of
// are skipped, with the reason.
// Source: the format has no standard; these are the elements and attributes that Jenkins, GitLab
// and pytest agree upon. XML 1.0 section 2.2 (characters), 2.4 (escapes).
#include <fmt/format.h>

#include "base/text/text.hpp"
#include "report/formats.hpp"
#include "report/model/model_words.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

// The value stays; what cannot be seen is a character reference, and what XML 1.0 has no place for
// is U+FFFD.
std::string xml(std::string_view text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string out;
  while (!text.empty()) {
    const Character it = first_character(text);
    text.remove_prefix(it.bytes.size());
    const bool is_blank = it.code == '\n' || it.code == '\t' || it.code == '\r';
    const bool is_forbidden =
        (it.code < 0x20 && !is_blank) || it.code == 0xfffe || it.code == 0xffff;
    if (!it.valid || is_forbidden) {
      out += replacement;
    } else if (it.code == '&' || it.code == '<' || it.code == '>' || it.code == '"' ||
               is_unseen(it.code)) {
      out += fmt::format("&#x{:x};", it.code);
    } else {
      out += it.bytes;
    }
  }
  return out;
}

class Suite {
 public:
  explicit Suite(std::string_view name) : name_(name) {}

  void pass(std::string_view kind, std::string_view name) { add(kind, name, ""); }
  void skip(std::string_view kind, std::string_view name, std::string_view why) {
    ++skipped_;
    add(kind, name, fmt::format("<skipped message=\"{}\"/>", xml(why)));
  }
  void fail(std::string_view kind, std::string_view name, std::string_view why,
            std::string_view text) {
    ++failures_;
    add(kind, name,
        fmt::format("<failure type=\"{}\" message=\"{}\">{}</failure>", xml(kind), xml(why),
                    xml(text)));
  }
  void error(std::string_view kind, std::string_view name, std::string_view why) {
    ++errors_;
    add(kind, name, fmt::format("<error type=\"{}\" message=\"{}\"/>", xml(kind), xml(why)));
  }

  std::string counts() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"", tests_,
                       failures_, errors_, skipped_);
  }
  std::string take() const {
    return fmt::format("  <testsuite name=\"{}\" {}>\n{}  </testsuite>\n", xml(name_), counts(),
                       cases_);
  }
  void add_counts(const Suite& other) {
    tests_ += other.tests_;
    failures_ += other.failures_;
    errors_ += other.errors_;
    skipped_ += other.skipped_;
  }

 private:
  void add(std::string_view kind, std::string_view name, std::string_view inner) {
    ++tests_;
    cases_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(kind), xml(name));
    cases_ += inner.empty() ? "/>\n" : fmt::format(">{}</testcase>\n", inner);
  }

  std::string name_, cases_;
  std::uint64_t tests_ = 0, failures_ = 0, errors_ = 0, skipped_ = 0;
};

Suite audit_suite(const ReportModel& model) {
  Suite suite("audit");
  if (model.run.open) {
    suite.error("audit", "finished", "it is not finished: a monitor writes it, or was killed");
  } else if (model.run.partial) {
    suite.error("audit", "finished", "an input was damaged, or the run was interrupted");
  } else {
    suite.pass("audit", "finished");
  }
  if (model.statement.kind == ReportStatement::Kind::no_evidence) {
    suite.error("audit", "evidence", model.statement.sentence);
  } else {
    suite.pass("audit", "evidence");
  }
  const std::uint64_t lost = model.coverage.dropped;
  if (lost > 0 || model.coverage.blind_seconds > 0) {
    suite.error(
        "audit", "nothing lost",
        fmt::format("{} lost, the interface unread for {}", counted(lost, "packet", "packets"),
                    counted(model.coverage.blind_seconds, "second", "seconds")));
  } else {
    suite.pass("audit", "nothing lost");
  }
  std::size_t number = 0;
  for (const std::string& limit : model.statement.limits) {
    suite.skip("audit", fmt::format("limit {}", ++number), limit);
  }
  const std::uint64_t cut =
      model.findings.others.cut() + model.undetermined.groups.cut() + model.rules.rules.cut();
  if (cut > 0) {
    suite.error("audit", "complete",
                fmt::format("{} left out here; the database has them all",
                            counted(cut, "result", "results")));
  }
  return suite;
}

Suite row_suite(const ReportRegister& rules) {
  Suite suite("documented rows");
  for (const ReportRule& rule : rules.rules.rows) {
    if (rule.status == ReportRule::Status::used) {
      suite.pass(rule.pack, rule.id);
    } else {
      suite.skip(rule.pack, rule.id, status_words(rule.status));
    }
  }
  return suite;
}

std::string body_of(const ReportCard& card) {
  std::string text = "\n";
  if (!card.row.empty()) {
    text += fmt::format("{}: {}", card.row_is_nearest ? "nearest row" : "row", card.row);
    if (!card.failing_field.empty()) text += fmt::format(", fails on {}", card.failing_field);
    text += "\n";
  }
  if (!card.expected.empty()) text += fmt::format("expected: {}\n", card.expected);
  if (!card.observed.empty()) text += fmt::format("observed: {}\n", card.observed);
  for (const ReportFlow& flow : card.evidence.rows) {
    text += fmt::format("flow {} in {} begins with packet {}: {}\n", flow.id, flow.capture,
                        flow.first_packet, flow.wireshark);
  }
  for (const std::string& remedy : card.remedies) text += fmt::format("remedy: {}\n", remedy);
  return text;
}

Suite finding_suite(const ReportFindings& findings) {
  Suite suite("findings");
  const auto add = [&](const ReportFinding& it, const std::string& body) {
    const std::string name = fmt::format("{} {}", it.id, it.title);
    if (it.violates) {
      suite.fail(it.kind, name, it.text, body);
    } else {
      suite.skip(it.kind, name, it.text);
    }
  };
  for (const ReportCard& card : findings.cards) add(card.finding, body_of(card));
  for (const ReportFinding& finding : findings.others.rows) add(finding, "");
  return suite;
}

Suite exception_suite(const Listed<ReportException>& exceptions) {
  Suite suite("exceptions");
  for (const ReportException& it : exceptions.rows) {
    suite.skip("exception", it.id,
               fmt::format("{} rest on it: {}", counted(it.flows, "flow", "flows"), it.reason));
  }
  return suite;
}

Suite open_suite(const ReportUndetermined& undetermined) {
  Suite suite("could not be judged");
  for (const UndeterminedGroup& it : undetermined.groups.rows) {
    const std::string port = it.server_port == 0 ? "" : fmt::format("/{}", it.server_port);
    suite.error("undetermined",
                fmt::format("{} to {} {}{} {} ({}{}{})", it.client, it.server, it.transport, port,
                            it.service, it.reason.empty() ? "no reason" : it.reason,
                            it.rule.empty() ? "" : ", ", it.rule),
                fmt::format("{}: {}", counted(it.flows, "flow", "flows"),
                            it.reason.empty() ? "no reason" : it.reason));
  }
  return suite;
}

}  // namespace

std::string render_junit(const ReportModel& model) {
  const Suite suites[] = {audit_suite(model), row_suite(model.rules), finding_suite(model.findings),
                          exception_suite(model.exceptions), open_suite(model.undetermined)};
  Suite all("");
  std::string text;
  for (const Suite& suite : suites) {
    all.add_counts(suite);
    text += suite.take();
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"pcapaudit: {}\" {}>\n{}"
      "</testsuites>\n",
      xml(model.run.product), all.counts(), text);
}

}  // namespace pcapaudit
