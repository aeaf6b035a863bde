// The end of the report: counters and words defined, controls, roles, documents, doubts.
#include <map>

#include <fmt/format.h>

#include "report/model/model_reader.hpp"
#include "report/model/model_words.hpp"
#include "report/text/layout.hpp"

namespace pcapaudit {

std::vector<CrosswalkRow> control_crosswalk() {
  return {
      {.control = "PCI DSS 4.0 1.2.5",
       .question = "Are all services, protocols and ports in use identified, approved and needed?",
       .supports = "The register names each documented flow with its need, owner and approval, and "
                   "whether it was seen; the findings name what is in use and not documented.",
       .sections = {"register", "unused", "findings"}},
      {.control = "PCI DSS 4.0 1.2.7",
       .question = "Are the configurations of network security controls reviewed at least every "
                   "six months?",
       .supports = "A dated review of what the controls let through, with decisions and a digest.",
       .sections = {"matrix", "exceptions", "signoff"}},
      {.control = "NIST SP 800-53 SC-7(5)",
       .question = "Is traffic denied by default and allowed by exception?",
       .supports = "Attempts that no row allows, told apart by blocked, refused and came through; "
                   "exceptions with reason, approver and end.",
       .sections = {"matrix", "findings", "exceptions"}},
      {.control = "ISO/IEC 27001 A.8.20",
       .question = "Are networks and network devices secured, managed and controlled?",
       .supports =
           "Observed flows held against the documented ones, and how far they could be seen.",
       .sections = {"coverage", "findings", "traffic"}},
      {.control = "ISO/IEC 27001 A.8.21",
       .question = "Are the security mechanisms of network services identified and monitored?",
       .supports = "TLS versions, certificates and mutual TLS as seen; services in clear.",
       .sections = {"tls", "clear"}},
      {.control = "ISO/IEC 27001 A.8.22",
       .question = "Are groups of services, users and systems segregated?",
       .supports = "Who talked to whom between roles, and what was stopped.",
       .sections = {"matrix", "findings"}},
  };
}

std::vector<Definition> glossary() {
  return {
      {"Documented flow", "",
       "One row of the documentation: from role, to role, transport, port, "
       "application. Also called a row."},
      {"Flow", "",
       "One TCP connection, one UDP conversation or one ICMP exchange. The client is "
       "who opened it."},
      {"Role", "", "What a host is in the documentation, bound to addresses by the site file."},
      {"Allowed", "", "A documented flow fits, and all that it demands was seen."},
      {"Violation", "", "No documented flow fits, or the bytes break the one that does."},
      {"Waived", "", "A violation that an exception in force covers. It stays on record."},
      {"Undetermined", "",
       "A documented flow fits as far as can be seen, and part of what it "
       "demands could not be seen. Never counted as a pass."},
      {"Ignored", "", "Outside of the audit by the policy's own words."},
      {"Finding", "", "Violations or remarks of one cause. Its id is the same in the next audit."},
      {"Came through", "",
       "Neither blocked (no answer although the server was observable) nor "
       "refused (reset or ICMP error)."},
      {"Not observable", "", "A role of the row was at no end of any captured flow."},
  };
}

std::vector<Definition> counters(const ReportModel& model) {
  const ReportCoverage& seen = model.coverage;
  const VerdictCounts& flows = model.run.flows;
  std::vector<Definition> list;
  const auto add = [&](const char* name, std::uint64_t value, const char* meaning) {
    list.push_back({.name = name, .value = grouped(value), .meaning = meaning});
  };
  add("Packets", seen.packets, "read from the inputs, after the filter");
  add("Lost packets", seen.dropped, "as the captures themselves report; not among the packets");
  add("Truncated packets", seen.truncated, "captured shorter than on the wire");
  add("Duplicates", seen.duplicates,
      "second copies by a mirror port; in no other number of a flow");
  add("Fragments", seen.fragments, "IP fragments");
  add("Incomplete datagrams", seen.incomplete, "whose fragments did not all come");
  add("Flows", flows.flows, "connections and conversations, all verdicts");
  add("Allowed", flows.allowed, "flows that are documented, with all that was demanded seen");
  add("Violations", flows.violation, "flows that are not as documented, stopped ones included");
  add("Waived", flows.waived, "violations that an exception in force covers");
  add("Undetermined", flows.undetermined, "flows that could not be judged; never a pass");
  add("Ignored", flows.ignored, "flows outside of the audit by the policy's own words");
  add("Flows with missing bytes", seen.gap_flows, "TCP streams with at least one gap");
  add("Gaps", seen.gaps, "places in TCP streams where bytes are missing");
  add("One-sided flows", seen.one_sided, "only one direction was captured");
  add("Midstream flows", seen.midstream, "the start was not captured");
  for (const NamedCount& it : seen.decode_issues) {
    list.push_back({.name = "No flow: " + it.name,
                    .value = grouped(it.count),
                    .meaning = fmt::format("packets: {}", meaning_of_issue(it.name))});
  }
  return list;
}

namespace {

void read_roles(ModelReader& reader, ReportAnnex& annex) {
  annex.roles = reader.listed<ReportRole>(
      "SELECT id, title, host, pack, seen, optional, (SELECT json_group_array(word) FROM ("
      "SELECT iif(use = 'address', '', use || ' ') || subnet AS word FROM role_address "
      "WHERE role_address.role = role.number ORDER BY use, subnet)), count(*) OVER () FROM role "
      "ORDER BY number",
      reader.limits.rows, [](ModelRow& it) {
        ReportRole role;
        role.id = it.text();
        role.title = it.text();
        role.host = it.text();
        role.pack = it.text();
        role.seen = it.flag();
        role.optional = it.flag();
        role.addresses = it.list();
        return role;
      });
}

void read_doubts(ModelReader& reader, ReportAnnex& annex) {
  annex.doubts = reader.listed<ReportDoubt>(
      "SELECT id, text, count(*) OVER () FROM doubt ORDER BY length(id), id", reader.limits.rows,
      [](ModelRow& it) {
        ReportDoubt doubt;
        doubt.id = it.text();
        doubt.text = it.text();
        return doubt;
      });
  const auto rules =
      reader.commonest_names("SELECT value, rule.id FROM rule, json_each(rule.doubts)");
  for (ReportDoubt& it : annex.doubts.rows) {
    if (const auto found = rules.find(it.id); found != rules.end()) it.rules = found->second;
  }
}

}  // namespace

void read_annex(ModelReader& reader, ReportModel& model) {
  ReportAnnex& annex = model.annex;
  read_roles(reader, annex);
  annex.documents = reader.listed<ReportDocument>(
      "SELECT id, title, file, sha256, modified, count(*) OVER () FROM document ORDER BY position",
      reader.limits.rows, [](ModelRow& it) {
        ReportDocument document;
        document.id = it.text();
        document.title = it.text();
        document.file = it.file();
        document.sha256 = it.text();
        document.modified = it.text();
        return document;
      });
  read_doubts(reader, annex);
  annex.flags = reader.listed<ReportFlag>(
      "SELECT id, ask, value, answered, count(*) OVER () FROM flag ORDER BY id", reader.limits.rows,
      [](ModelRow& it) {
        ReportFlag flag;
        flag.id = it.text();
        flag.ask = it.text();
        flag.value = it.flag();
        flag.answered = it.flag();
        return flag;
      });
  annex.policy_files =
      reader.listed<std::string>("SELECT name, count(*) OVER () FROM policy_file ORDER BY position",
                                 reader.limits.rows, [](ModelRow& it) { return it.file(); });
  annex.counters = counters(model);
  annex.words = glossary();
  model.crosswalk = control_crosswalk();
}

}  // namespace pcapaudit
