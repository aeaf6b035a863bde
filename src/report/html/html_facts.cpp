// What the bytes told: TLS and certificates, clear text and SIP, what could not be judged.

#include "base/text/address_port.hpp"
#include "report/html/html_charts.hpp"
#include "report/html/html_parts.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {
namespace {

Markup sub(const Markup& text) {
  return text.html.empty() ? Markup{} : html("<span class=\"sub\">{}</span>", text);
}

Cell place_cell(const std::string& address, std::uint64_t port, const std::string& role) {
  return {.inside = wire(address_port(address, port)) + sub(escaped(role))};
}

// "3 proven, 1 declined".
std::string mutual_text(const MutualCounts& mutual) {
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", spaced(count), what));
  };
  add(mutual.proven, "proven");
  add(mutual.declined, "declined");
  add(mutual.not_requested, "not requested");
  add(mutual.indicated, "indicated by record sizes");
  add(mutual.indicated_absent, "absent by record sizes");
  add(mutual.undeterminable, "could not be told");
  return fmt::format("{}", fmt::join(parts, ", "));
}

Markup tls_servers(const ReportTls& tls) {
  std::vector<Row> rows;
  for (const TlsServer& it : tls.servers.rows) {
    Cell ends = day_cell(it.not_after);
    rows.push_back(
        {.cells = {place_cell(it.address, it.port, it.role), cell(wires(it.names)),
                   cell(wires(it.versions) + sub(wires(it.ciphers))),
                   cell(it.subject.empty() ? Markup{} : wire(it.subject)), std::move(ends),
                   cell(mutual_text(it.mutual)), number_cell(it.flows)}});
  }
  return table({.caption = "TLS servers",
                .columns = {"Server", "Names asked for", "Versions and ciphers", "Certificate",
                            "Ends", "Mutual TLS", "Flows"},
                .empty = "No TLS was seen."},
               rows, tls.servers.cut());
}

Markup certificates(const ReportTls& tls) {
  std::vector<Row> rows;
  for (const ReportCertificate& it : tls.certificates.rows) {
    Markup names;
    if (!it.names.empty()) {
      Listed<std::string> listed{.rows = it.names, .total = it.names.size()};
      constexpr std::size_t most_names = 4;
      if (listed.rows.size() > most_names) listed.rows.resize(most_names);
      names = sub(wires(listed));
    }
    rows.push_back(
        {.cells = {cell(wire(it.subject) + names),
                   cell(wire(it.issuer)),
                   cell(html("{}<span class=\"sub\">{}</span>", it.key, it.signature)),
                   day_cell(it.not_after),
                   {.inside = html("{}{}", it.days_left < 0 ? "−" : "",
                                   spaced(static_cast<std::uint64_t>(
                                       it.days_left < 0 ? -it.days_left : it.days_left))),
                    .key = std::to_string(it.days_left),
                    .is_number = true},
                   number_cell(it.server_flows),
                   number_cell(it.client_flows),
                   number_cell(it.issuer_flows),
                   cell(wire(it.sha256.substr(0, 16)))}});
  }
  return table({.caption = "Certificates, the ones that end first on top",
                .columns = {"Subject and names", "Issuer", "Key", "Ends", "Days left", "As server",
                            "As client", "As issuer", "SHA-256"},
                .empty = "No certificate was seen."},
               rows, tls.certificates.cut());
}

Markup mutual_evidence(const ReportTls& tls, const Links& links) {
  std::vector<Row> rows;
  for (const MutualEvidence& it : tls.mutual.rows) {
    std::vector<Markup> reasons;
    for (const NamedCount& reason : it.reasons) {
      reasons.push_back(html("{} ({})", reason.name, spaced(reason.count)));
    }
    const MutualCounts& counts = it.counts;
    rows.push_back(
        {.cells = {cell(links.row(it.rule)), cell(it.service), number_cell(counts.proven),
                   number_cell(counts.declined), number_cell(counts.not_requested),
                   number_cell(counts.indicated), number_cell(counts.indicated_absent),
                   number_cell(counts.undeterminable), cell(joined(reasons, ", "))}});
  }
  return table(
      {.caption = "Evidence of mutual TLS, in flows of each documented flow",
       .columns = {"Documented flow", "Service", "Proven", "Declined", "Not requested", "Indicated",
                   "Indicated absent", "Could not be told", "Why not, or by which sizes"},
       .empty = "No documented flow showed anything of mutual TLS."},
      rows, tls.mutual.cut());
}

Markup clear_http(const ReportFacts& facts) {
  std::vector<Row> rows;
  for (const ClearHttp& it : facts.http.rows) {
    rows.push_back({.cells = {place_cell(it.server, it.port, it.role), cell(wires(it.methods)),
                              cell(wires(it.hosts)), cell(wires(it.paths)),
                              cell(wires(it.statuses)), cell(wires(it.user_agents)),
                              number_cell(it.credentials), number_cell(it.flows)}});
  }
  return table({.caption = "HTTP in clear",
                .columns = {"Server", "Methods", "Hosts", "Paths", "Statuses", "User agents",
                            "With credentials", "Flows"},
                .empty = "No HTTP in clear was seen."},
               rows, facts.http.cut());
}

Markup sip_servers(const ReportFacts& facts) {
  std::vector<Row> rows;
  for (const SipServer& it : facts.sip.rows) {
    rows.push_back(
        {.cells = {place_cell(it.server, it.port, it.role),
                   cell(html("{}<span class=\"sub\">{}</span>", it.transport,
                             it.in_clear ? "in clear" : "inside TLS")),
                   cell(wires(it.methods)), cell(wires(it.domains)), cell(wires(it.user_agents)),
                   number_cell(it.transactions), number_cell(it.answered), number_cell(it.flows)}});
  }
  return table({.caption = "SIP",
                .columns = {"Server", "Transport", "Methods", "Domains", "Software", "Requests",
                            "Answered", "Flows"},
                .empty = "No readable SIP was seen."},
               rows, facts.sip.cut());
}

}  // namespace

Markup html_tls(const ReportModel& model, const Links& links) {
  const ReportTls& tls = model.tls;
  Markup out =
      html("<p>{} carried TLS, {} of them were established, {} resumed. Versions: ",
           counted(tls.flows, "flow", "flows"), spaced(tls.established), spaced(tls.resumed));
  std::vector<Markup> versions;
  for (const NamedCount& it : tls.versions) {
    versions.push_back(html("{} ({})", wire(it.name), spaced(it.count)));
  }
  out += versions.empty() ? html("none.</p>\n") : joined(versions, ", ") + html(".</p>\n");
  out += tls_servers(tls);
  if (!tls.certificates.rows.empty() && model.run.last) {
    out += html("<h3>When certificates end</h3>\n");
    out += expiry_timeline(tls.certificates.rows, *model.run.last);
  }
  out += certificates(tls);
  out += html(
      "<h3>Mutual TLS</h3>\n<p>Proven: the client sent a certificate and proved that it "
      "holds the key. Declined: it was asked and sent none.</p>\n");
  return out + mutual_evidence(tls, links);
}

Markup html_clear(const ReportModel& model, const Links&) {
  const ReportFacts& facts = model.facts;
  Markup out = clear_http(facts) + sip_servers(facts);
  std::vector<Row> rows;
  for (const ReportApplication& it : facts.applications.rows) {
    rows.push_back({.cells = {cell(wire(it.app)), cell(it.service), number_cell(it.flows),
                              bytes_cell(it.bytes)}});
  }
  return out + table({.caption = "Applications, by what the bytes are",
                      .columns = {"Application", "Service", "Flows", "Bytes"},
                      .empty = "No flow was in the audit."},
                     rows, facts.applications.cut());
}

Markup html_undetermined(const ReportModel& model, const Links& links) {
  const ReportUndetermined& part = model.undetermined;
  std::vector<Row> reasons, groups, hosts;
  for (const UndeterminedReason& it : part.reasons) {
    reasons.push_back({.cells = {cell(it.reason), cell(it.meaning), number_cell(it.flows),
                                 bytes_cell(it.bytes)}});
  }
  for (const UndeterminedGroup& it : part.groups.rows) {
    groups.push_back(
        {.cells = {cell(html("{} → {}", wire(roles_text(it.client)), wire(roles_text(it.server)))),
                   cell(service_text(it.transport, it.server_port, it.service)), cell(it.reason),
                   cell(links.row(it.rule)), number_cell(it.flows), bytes_cell(it.bytes)}});
  }
  for (const UnknownHost& it : part.hosts.rows) {
    hosts.push_back({.cells = {cell(wire(it.address)), cell(it.offers), cell(it.uses),
                               cell(it.resembles), number_cell(it.flows)}});
  }
  Markup out = html(
      "<p class=\"lead\">These flows are counted as neither allowed nor in "
      "violation.</p>\n");
  out += table({.caption = "Why flows could not be judged",
                .columns = {"Reason", "Meaning", "Flows", "Bytes"},
                .empty = "Every flow could be judged."},
               reasons);
  if (!groups.empty()) {
    out += table({.caption = "Undetermined traffic",
                  .columns = {"From → to", "Service", "Reason", "Nearest row", "Flows", "Bytes"},
                  .empty = ""},
                 groups, part.groups.cut());
  }
  return out + table({.caption = "Hosts without a role",
                      .columns = {"Address", "Offers", "Uses", "Resembles", "Flows"},
                      .empty = "Every internal address has a role."},
                     hosts, part.hosts.cut());
}

}  // namespace pcapaudit
