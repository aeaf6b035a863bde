// The parts of the Markdown report that tell on what it rests.
#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/markdown/markdown_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

std::string joined(const std::vector<NamedCount>& counts) {
  std::vector<std::string> parts;
  for (const NamedCount& it : counts) {
    parts.push_back(fmt::format("{} {}", markdown(it.name), grouped(it.count)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string more(std::uint64_t cut) {
  return cut == 0 ? "" : fmt::format(", {} more", grouped(cut));
}

std::string exceptions(const Listed<ReportException>& list) {
  if (list.total == 0) return {};
  MarkdownTable table({"Exception", "Until", "Covered", "Owner", "Approver", "Reason"});
  for (const ReportException& it : list.rows) {
    table.row({markdown_code(it.id), markdown(it.expires), counted(it.flows, "flow", "flows"),
               markdown_code(it.owner), markdown_code(it.approver), markdown(it.reason)});
  }
  return "## Exceptions\n\n" + table.text(list.cut());
}

std::string tls(const ReportTls& tls) {
  if (tls.flows == 0) return {};
  std::string out = fmt::format("## TLS\n\n{}, {} established, {} resumed. Versions: {}.\n\n",
                                counted(tls.flows, "flow", "flows"), grouped(tls.established),
                                grouped(tls.resumed), joined(tls.versions));
  MarkdownTable servers({"Server", "Names asked for", "Versions", "Mutual proven", "Declined",
                         "Not requested", "Indicated", "Indicated absent", "Undeterminable",
                         "Certificate", "Until"});
  for (const TlsServer& it : tls.servers.rows) {
    servers.row({markdown_code(fmt::format("{} port {}", it.address, it.port)), names(it.names),
                 names(it.versions), grouped(it.mutual.proven), grouped(it.mutual.declined),
                 grouped(it.mutual.not_requested), grouped(it.mutual.indicated),
                 grouped(it.mutual.indicated_absent), grouped(it.mutual.undeterminable),
                 markdown_code(it.subject), second(it.not_after)});
  }
  out += servers.text(tls.servers.cut());
  MarkdownTable certificates({"Certificate", "Issuer", "Until", "Days left", "SHA-256"});
  for (const ReportCertificate& it : tls.certificates.rows) {
    certificates.row({markdown_code(it.subject), markdown_code(it.issuer), second(it.not_after),
                      it.not_after ? std::to_string(it.days_left) : "", markdown_code(it.sha256)});
  }
  return out + certificates.text(tls.certificates.cut());
}

std::string clear_text(const ReportFacts& facts) {
  MarkdownTable http({"Server", "Requests", "Hosts", "Paths", "User agents"});
  for (const ClearHttp& it : facts.http.rows) {
    http.row({markdown_code(fmt::format("{} port {}", it.server, it.port)), grouped(it.requests),
              names(it.hosts), names(it.paths), names(it.user_agents)});
  }
  MarkdownTable sip({"Server", "Transport", "Requests", "Methods", "Domains", "User agents"});
  for (const SipServer& it : facts.sip.rows) {
    sip.row({markdown_code(fmt::format("{} port {}", it.server, it.port)), markdown(it.transport),
             grouped(it.requests), names(it.methods), names(it.domains), names(it.user_agents)});
  }
  std::string out;
  if (facts.http.total > 0) {
    out += "## HTTP that could be read\n\n" + http.text(facts.http.cut());
  }
  if (facts.sip.total > 0) out += "## SIP\n\n" + sip.text(facts.sip.cut());
  return out;
}

std::string undetermined(const ReportUndetermined& all, std::uint64_t flows) {
  std::string out = fmt::format("## What could not be judged\n\n{}: no pass, and no violation.\n\n",
                                counted(flows, "flow", "flows"));
  for (const UndeterminedReason& it : all.reasons) {
    out += fmt::format("- {}: {}. {}\n", markdown(it.reason), counted(it.flows, "flow", "flows"),
                       markdown(it.meaning));
  }
  if (!all.reasons.empty()) out += '\n';
  MarkdownTable groups({"From", "To", "Service", "Port", "Reason", "Flows"});
  for (const UndeterminedGroup& it : all.groups.rows) {
    groups.row({markdown_code(it.client), markdown_code(it.server), markdown_code(it.service),
                fmt::format("{}/{}", markdown(it.transport), it.server_port), markdown(it.reason),
                grouped(it.flows)});
  }
  out += groups.text(all.groups.cut());
  MarkdownTable hosts({"Unknown host", "Flows", "Offers", "Uses", "Resembles"});
  for (const UnknownHost& it : all.hosts.rows) {
    hosts.row({markdown_code(it.address), grouped(it.flows), markdown(it.offers), markdown(it.uses),
               markdown_code(it.resembles)});
  }
  return out + hosts.text(all.hosts.cut());
}

std::string coverage(const ReportCoverage& seen) {
  std::string out = fmt::format(
      "## Coverage\n\n{}, lost {}, truncated {}; bytes missing in {}; one direction only in {}; "
      "start not captured in {}; certificates hidden in {}.\n\n",
      counted(seen.packets, "packet", "packets"), share(seen.dropped, seen.packets + seen.dropped),
      grouped(seen.truncated), counted(seen.gap_flows, "flow", "flows"),
      counted(seen.one_sided, "flow", "flows"), counted(seen.midstream, "flow", "flows"),
      counted(seen.hidden_certificates, "flow", "flows"));
  MarkdownTable unread({"Not read because", "Flows that end there", "Flows read on behind it"});
  for (const UnreadCount& it : seen.unread) {
    unread.row({markdown(it.cause), grouped(it.ended), grouped(it.passed)});
  }
  out += unread.text(0);
  MarkdownTable table({"Capture", "First", "Last", "Packets", "Lost", "SHA-256", "Damage"});
  for (const ReportCapture& it : seen.captures.rows) {
    table.row({markdown_code(it.name), second(it.first), second(it.last), grouped(it.packets),
               grouped(it.dropped), markdown_code(it.sha256), markdown(it.damage)});
  }
  return out + table.text(seen.captures.cut());
}

std::string changes(const std::optional<ReportChanges>& changes) {
  if (!changes) return {};
  MarkdownTable table({"Change", "What", "Id", "Text"});
  for (const ReportChange& it : changes->changes.rows) {
    table.row({std::string(to_text(it.kind)), markdown(it.what), markdown_code(it.id),
               markdown(it.text)});
  }
  const std::string body = table.text(changes->changes.cut());
  return fmt::format("## Changes since {}\n\n{}", markdown(changes->baseline),
                     body.empty() ? "None.\n\n" : body);
}

}  // namespace

MarkdownTable::MarkdownTable(const std::vector<std::string>& columns) {
  row(columns);
  rows_ = 0;
  text_ += '|';
  for (std::size_t i = 0; i < columns.size(); ++i) text_ += "---|";
  text_ += '\n';
}

void MarkdownTable::row(const std::vector<std::string>& cells) {
  ++rows_;
  text_ += '|';
  for (const std::string& cell : cells) text_ += fmt::format(" {} |", cell);
  text_ += '\n';
}

std::string MarkdownTable::text(std::uint64_t cut) const {
  if (rows_ == 0) return {};
  if (cut == 0) return text_ + '\n';
  return fmt::format("{}\n{} not shown: `report --csv` has all.\n\n", text_,
                     counted(cut, "row", "rows"));
}

std::string second(const std::optional<Timestamp>& time) {
  return time ? to_second(to_text(*time)) : "";
}
std::string second(const std::optional<DateTime>& time) {
  return time ? to_second(to_text(*time)) : "";
}

std::string names(const Listed<std::string>& list) {
  std::vector<std::string> parts;
  for (const std::string& it : list.rows) parts.push_back(markdown_code(it));
  return fmt::format("{}{}", fmt::join(parts, ", "), more(list.cut()));
}

std::string names(const Listed<NamedCount>& list) {
  std::vector<std::string> parts;
  for (const NamedCount& it : list.rows) {
    parts.push_back(fmt::format("{} ({})", markdown_code(it.name), grouped(it.count)));
  }
  return fmt::format("{}{}", fmt::join(parts, ", "), more(list.cut()));
}

std::string markdown_evidence(const ReportModel& model) {
  return changes(model.changes) + exceptions(model.exceptions) +
         undetermined(model.undetermined, model.run.flows.undetermined) + tls(model.tls) +
         clear_text(model.facts) + coverage(model.coverage);
}

}  // namespace pcapaudit
