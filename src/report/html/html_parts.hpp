// The sections of the HTML report: each a pure function of the model.
#pragma once

#include <map>
#include <string>

#include "report/html/html_markup.hpp"
#include "report/model/model.hpp"

namespace pcapaudit {

// Anchors of what the report shows. What was cut has none and stays plain text.
class Links {
 public:
  explicit Links(const ReportModel& model);
  Markup row(const std::string& id) const;
  Markup finding(const std::string& id) const;
  Markup rows(const Listed<std::string>& ids) const;
  Markup findings(const Listed<std::string>& ids) const;
  // Of a documented flow in the register; empty when it is not shown there.
  std::string row_anchor(const std::string& id) const;
  // Where a cell of the matrix leads: its line below, or the list when it was cut.
  std::string pair(std::size_t cell) const;

 private:
  std::map<std::string, std::string> rows_, findings_;
  std::map<std::size_t, std::string> pairs_;
};

// "tcp+udp/5060 SIP".
std::string service_text(const std::string& transports, const std::string& ports,
                         const std::string& service);
std::string service_text(const std::string& transports, std::uint64_t port,
                         const std::string& service);
// A role set of the database, or what stands in for it.
std::string roles_text(const std::string& names);
std::string status_text(ReportRule::Status status);
Markup severity_tag(const std::string& severity);
Markup sources_text(const ReportRule& rule);

Markup html_cover(const ReportModel& model);
Markup html_coverage(const ReportModel& model, const Links& links);
Markup html_matrix(const ReportModel& model, const Links& links);
Markup html_findings(const ReportModel& model, const Links& links);
Markup html_register(const ReportModel& model, const Links& links);
Markup html_unused(const ReportModel& model, const Links& links);
Markup html_exceptions(const ReportModel& model, const Links& links);
Markup html_tls(const ReportModel& model, const Links& links);
Markup html_clear(const ReportModel& model, const Links& links);
Markup html_undetermined(const ReportModel& model, const Links& links);
Markup html_traffic(const ReportModel& model, const Links& links);
Markup html_changes(const ReportModel& model, const Links& links);
Markup html_annex(const ReportModel& model, const Links& links);
Markup html_signoff(const ReportModel& model, const Links& links);

}  // namespace pcapaudit
