// Renders judgements; see the header.

#include "report/text/explain.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text/address_port.hpp"
#include "report/text/layout.hpp"
#include "report/text/wireshark.hpp"

namespace pcapaudit {
namespace {

std::string end_text(const Endpoint& end) {
  return address_and_port(to_text(end.address), end.port);
}

std::string line(std::string_view name, const std::string& text) {
  return fmt::format("{:<10}{}\n", name, text);
}

const DocumentedFlow* row_named(const Policy& policy, const std::string& id) {
  const auto found = std::find_if(policy.flows.begin(), policy.flows.end(),
                                  [&](const DocumentedFlow& row) { return row.id == id; });
  return found == policy.flows.end() ? nullptr : &*found;
}

// What the documentation says, with its place and the doubts about it.
std::string row_text(const Policy& policy, const DocumentedFlow& row) {
  std::string text = fmt::format("{}: {} to {}, {}, {}", row.id, policy.role_names(row.from),
                                 policy.role_names(row.to), port_words(row), row.app);
  for (const DocumentLines& source : row.sources) {
    text += fmt::format("; {}{}{}", source.document, source.lines.empty() ? "" : " line ",
                        source.lines);
  }
  for (const std::string& doubt : row.doubts) {
    const auto found = policy.doubts.find(doubt);
    if (found != policy.doubts.end()) text += fmt::format("; doubt {}: {}", doubt, found->second);
  }
  if (!row.overridden.empty()) text += "; changed by the site: " + row.overridden;
  return text;
}

std::string tls_text(const TlsFacts& tls) {
  std::string text = tls.version == 0 ? "no server hello" : tls_version_name(tls.version);
  if (!tls.sni.empty()) text += ", asked for " + tls.sni;
  if (tls.server_hello && tls.cipher != 0) text += fmt::format(", {}", tls_cipher_name(tls.cipher));
  text += fmt::format(", mutual {}", to_text(tls.mutual));
  if (tls.mutual_reason != MutualReason::none) {
    text += fmt::format(" ({})", to_text(tls.mutual_reason));
  }
  if (tls.mutual_sizes != TlsFlight::none) {
    text += fmt::format(", by record sizes {}", to_text(tls.mutual_sizes));
  }
  for (const auto& [side, chain] :
       {std::pair{"server", &tls.server_chain}, std::pair{"client", &tls.client_chain}}) {
    if (chain->empty()) continue;
    const auto& end = chain->front()->not_after;
    text += fmt::format("; {} certificate {} until {}", side, chain->front()->subject,
                        end ? to_second(to_text(*end)) : "an unreadable date");
  }
  return text;
}

std::string account_text(const ReadAccount& account) {
  std::string text;
  if (account.hole != Unread::none) {
    text = fmt::format("from byte {} on messages may be missing ({})", account.hole_at,
                       to_text(account.hole));
  }
  if (account.end != Unread::none) {
    text += fmt::format("{}nothing was read from byte {} on ({})", text.empty() ? "" : "; ",
                        account.end_at, to_text(account.end));
  }
  return account.why.empty() ? text : fmt::format("{}: {}", text, account.why);
}

std::string head_text(const Judge& judge, const ClosedFlow& flow, const Verdict& verdict) {
  const Policy& policy = judge.policy();
  std::string text = line("flow", fmt::format("{} → {}  {}", end_text(flow.client),
                                              end_text(flow.server), to_text(flow.transport)));
  text += line("roles", fmt::format("{} → {}", policy.role_names(verdict.client_roles),
                                    policy.role_names(verdict.server_roles)));
  std::string bytes = flow.app;
  if (!flow.server_app.empty())
    bytes += fmt::format(" from the client, {} from the server", flow.server_app);
  if (!flow.other_apps.empty()) bytes += fmt::format(", also {}", fmt::join(flow.other_apps, ", "));
  if (!verdict.service.empty()) {
    bytes += fmt::format(" ({}, basis {})", verdict.service, to_text(verdict.basis));
  }
  text += line("bytes",
               fmt::format("{}; {}; opened by: {}", bytes, outcome_words(to_text(flow.outcome)),
                           to_text(flow.direction_basis)));
  for (const std::size_t side : {0U, 1U}) {
    const ReadAccount& account = flow.account[side];
    if (account.is_whole()) continue;
    text +=
        line("unread", fmt::format("{}: {}", side == 0 ? "client to server" : "server to client",
                                   account_text(account)));
  }
  if (!flow.malformed_why.empty()) text += line("malformed", flow.malformed_why);
  if (const TlsFacts* tls = flow.tls()) text += line("tls", tls_text(*tls));
  if (const HttpFacts* http = flow.http()) {
    text += line("http",
                 fmt::format("{} {} {} → {}", fmt::join(http->methods.values, ","),
                             fmt::join(http->hosts.values, ","), fmt::join(http->paths.values, ","),
                             fmt::join(http->statuses.values, ",")));
  }
  return text;
}

std::string problem_text(const Policy& policy, const Problem& problem) {
  std::string text = fmt::format("{} ({})", to_text(problem.kind), to_text(problem.severity));
  if (!problem.rule.empty()) text += " on " + problem.rule;
  if (problem.field != Field::none) text += fmt::format(", field {}", to_text(problem.field));
  if (!problem.expected.empty()) text += fmt::format(": {} expected", problem.expected);
  if (!problem.observed.empty()) {
    text += fmt::format("{} {} seen", problem.expected.empty() ? ":" : ",", problem.observed);
  }
  if (!problem.exception.empty())
    text += fmt::format("; covered by exception {}", problem.exception);
  for (const Mistake& mistake : policy.mistakes) {
    if (mistake.id == problem.mistake) text += fmt::format(". {} ({})", mistake.say, mistake.id);
  }
  return text;
}

std::string verdict_text(const Policy& policy, const Verdict& verdict) {
  std::string text(to_text(verdict.kind));
  if (!verdict.rule.empty()) text += " by " + verdict.rule;
  if (!verdict.exception.empty()) text += ", exception " + verdict.exception;
  if (verdict.reason != Reason::none) text += fmt::format(", {}", to_text(verdict.reason));
  std::string lines = line("verdict", text);
  for (const Problem& problem : verdict.problems) {
    lines += wrapped(problem_text(policy, problem), 10);
  }
  return lines;
}

std::string trace_text(const Judge& judge, const ClosedFlow& flow, const Verdict& verdict) {
  const auto trials = judge.trace(flow);
  std::string text = fmt::format("\n{} tried\n", counted(trials.size(), "row", "rows"));
  std::size_t widest = 0;
  for (const RowTrial& trial : trials) widest = std::max(widest, trial.row->id.size());
  for (const RowTrial& trial : trials) {
    const NearMiss& miss = trial.miss;
    std::string what = "fits";
    if (miss.field != Field::none) {
      what = fmt::format("fails on {}: {} expected, {} seen", to_text(miss.field), miss.expected,
                         miss.observed);
    }
    const auto near = std::find_if(verdict.nearest.begin(), verdict.nearest.end(),
                                   [&](const NearMiss& it) { return it.rule == trial.row->id; });
    std::string mark = "  ";
    if (near != verdict.nearest.end()) {
      mark = fmt::format("{} ", near - verdict.nearest.begin() + 1);
    } else if (miss.field == Field::none) {
      mark = "= ";
    }
    text += fmt::format("  {}{:<{}}  {}\n", mark, trial.row->id, widest, what);
  }
  if (!verdict.nearest.empty()) text += "  (1 to 3: the nearest rows)\n";
  return text;
}

// What would make it right: change the host, or have it documented or excepted.
std::string remedy_text(const Policy& policy, const ClosedFlow& flow, const Verdict& verdict) {
  if (verdict.kind == VerdictKind::undetermined) {
    return "\nTo judge it\n" +
           wrapped(
               verdict.reason == Reason::mutual_tls13_encrypted
                   ? "TLS 1.3 hides the client certificate: look at the server's own log, or "
                     "capture with the session's secrets."
               : verdict.reason == Reason::mutual_indicated
                   ? "TLS 1.3 hides the client certificate, and the sizes of the client's records "
                     "fit one with its proof: look at the server's own log, or let the row's TLS "
                     "profile say accept = \"indicated\" (docs/mutual-tls.md)."
               : verdict.reason == Reason::mutual_indicated_absent
                   ? "The sizes of the client's TLS 1.3 records leave no room for a certificate: "
                     "look at the server's own log and settings (docs/mutual-tls.md)."
                   : "Capture the connection from its start, in both directions, without loss; "
                     "see docs/verdicts.md for the reason.",
               2);
  }
  if (verdict.kind != VerdictKind::violation) return {};
  std::string text = "\nWhat would make it right\n";
  const bool near = !verdict.nearest.empty();
  const DocumentedFlow* row = row_named(policy, !verdict.rule.empty() ? verdict.rule
                                                : near                ? verdict.nearest[0].rule
                                                                      : "");
  if (row != nullptr) text += wrapped("the documented flow: " + row_text(policy, *row), 2);
  if (!verdict.rule.empty()) {
    for (const Problem& problem : verdict.problems) {
      if (!is_violation(problem.kind)) continue;
      text += wrapped(fmt::format("correct {}: {}", to_text(problem.field),
                                  problem.expected.empty() ? "as the row says" : problem.expected),
                      2);
    }
  } else if (near) {
    const NearMiss& miss = verdict.nearest[0];
    text += wrapped(fmt::format("if {} is meant, correct {}: {} instead of {}", miss.rule,
                                to_text(miss.field), miss.expected, miss.observed),
                    2);
  }
  text += wrapped(
      "if it is meant as it is, document it in the site file, with an owner and a review:", 2);
  text += fmt::format(
      "    [[flow]]\n    id = \"...\"\n    from = \"{}\"\n    to = \"{}\"\n    transport = "
      "\"{}\"\n",
      policy.role_names(verdict.client_roles), policy.role_names(verdict.server_roles),
      to_text(flow.transport));
  if (flow.server.port != 0) text += fmt::format("    port = {}\n", flow.server.port);
  const bool https = flow.app == "tls" && verdict.service == "HTTPS";
  const bool sip = flow.app == "tls" && verdict.service.starts_with("SIP");
  text += fmt::format("    app = \"{}\"\n", https ? "https" : sip ? "sip" : flow.app);
  return text;
}

std::string time_words(Timestamp time) {
  return is_known(time) ? to_second(to_text(time)) : "unknown";
}

// `related`: lines about the flows that announced it.
std::string explanation(const Judge& judge, const ClosedFlow& flow, const Verdict& verdict,
                        const std::string& related, const std::string& capture) {
  const Policy& policy = judge.policy();
  std::string text = head_text(judge, flow, verdict) + related + verdict_text(policy, verdict);
  if (const DocumentedFlow* row = row_named(policy, verdict.rule)) {
    text += wrapped("documented: " + row_text(policy, *row), 10);
  }
  text += trace_text(judge, flow, verdict) + remedy_text(policy, flow, verdict);
  if (capture.empty()) return text;
  text += "\nEvidence\n";
  text += fmt::format("  {} packet {}, {} to {}, {} and {} packets\n", capture, flow.first_packet,
                      time_words(flow.first), time_words(flow.last), grouped(flow.packets[0]),
                      grouped(flow.packets[1]));
  return text + fmt::format(
                    "  Wireshark: {}\n",
                    wireshark_filter(flow.transport, to_text(flow.client.address), flow.client.port,
                                     to_text(flow.server.address), flow.server.port));
}

}  // namespace

std::string explain_flow(const Judge& judge, const ClosedFlow& flow, const std::string& capture) {
  return explanation(judge, flow, judge.judge(flow), "", capture);
}

namespace {

// Who announced the flow. What its row allows by that no judgement of the flow alone shows.
Result<std::string> read_related(const Store& store, std::uint64_t flow, Verdict& verdict) {
  const auto found = store.query(
      fmt::format("SELECT related_to, how, verdict, rule, control_verdict FROM v_related "
                  "WHERE flow = {} ORDER BY related_to, how",
                  flow));
  if (!found) return std::unexpected(found.error());
  std::string text;
  for (const auto& row : found->rows) {
    text += line("related", fmt::format("to flow {} ({}), which is {}", row[0],
                                        row[1] == "ftp-data" ? "FTP data" : "SIP media", row[4]));
    if (row[2] != "allowed" || verdict.kind == VerdictKind::allowed) continue;
    verdict.kind = VerdictKind::allowed;
    verdict.rule = row[3];
    verdict.reason = Reason::none;
    verdict.exception.clear();
    verdict.problems.clear();
  }
  return text;
}

Result<std::string> explain_stored(const Store& store, const Judge& judge, std::uint64_t flow) {
  std::string text;
  Result<std::string> related;
  const auto capture =
      store.query(fmt::format("SELECT capture FROM v_flow WHERE flow = {} ORDER BY 1", flow));
  if (!capture) return std::unexpected(capture.error());
  const auto read = store.each_flow(fmt::format("id = {}", flow), [&](ClosedFlow&& it) {
    Verdict verdict = judge.judge(it);
    related = read_related(store, flow, verdict);
    if (!related) return;
    text =
        explanation(judge, it, verdict, *related, capture->rows.empty() ? "" : capture->rows[0][0]);
  });
  if (!related) return related;
  if (!read) return std::unexpected(read.error());
  if (text.empty()) {
    return fail(fmt::format("no flow {} in this audit", flow), "v_flow lists the flows");
  }
  return text;
}

Result<std::string> explain_finding(const Store& store, const Judge& judge, const std::string& id) {
  const auto found = store.query(fmt::format(
      "SELECT finding, kind, severity, flows, first, last, text, subject FROM v_finding "
      "WHERE finding = '{}' ORDER BY 1",
      id));
  if (!found) return std::unexpected(found.error());
  const auto& row = found->rows.at(0);
  std::string text = fmt::format("{}  {} ({})  {}\n", row[0], row[1], row[2],
                                 counted(number(row[3]), "flow", "flows"));
  text += wrapped(row[6], 2);
  if (!row[4].empty()) {
    text += fmt::format("  first {}, last {}\n", to_second(row[4]), to_second(row[5]));
  }
  const auto flows = store.query(fmt::format(
      "SELECT flow, capture, first_packet, client, server FROM v_flow WHERE finding = '{}' "
      "ORDER BY flow LIMIT 10",
      id));
  if (!flows) return std::unexpected(flows.error());
  if (flows->rows.empty()) return text;
  text += "\nFlows\n";
  for (const auto& flow : flows->rows) {
    text += fmt::format("  flow {}  {} packet {}  {} → {}\n", flow[0], flow[1], flow[2], flow[3],
                        flow[4]);
  }
  if (number(row[3]) > flows->rows.size()) {
    text += fmt::format("  {} more: v_flow WHERE finding = '{}'\n",
                        grouped(number(row[3]) - flows->rows.size()), id);
  }
  auto first = explain_stored(store, judge, number(flows->rows[0][0]));
  if (!first) return first;
  return text + "\nThe first of them\n\n" + *first;
}

}  // namespace

Result<std::string> explain(const Store& store, const std::string& id) {
  const auto policy = store.policy();
  if (!policy) return std::unexpected(policy.error());
  const Judge judge(*policy);
  std::uint64_t flow = 0;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), flow);
  if (parsed.ec == std::errc{} && parsed.ptr == id.data() + id.size()) {
    return explain_stored(store, judge, flow);
  }
  const auto finding = store.find_finding(id);
  if (!finding) return std::unexpected(finding.error());
  return explain_finding(store, judge, *finding);
}

}  // namespace pcapaudit
