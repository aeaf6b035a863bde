// Charts as inline SVG. Nothing is told by colour alone; each has a text beside it that says the
// same.
#pragma once

#include <vector>

#include "report/html/html_parts.hpp"
#include "report/model/model.hpp"

namespace pcapaudit {

std::string_view state_name(MatrixCell::State state);  // "documented and seen"
std::string_view sight_name(MatrixCell::Sight sight);  // "both directions seen"

enum class GridKind : std::uint8_t { state, sight };
// Roles against roles; every cell with something in it is a link to its pair.
Markup role_grid(const ReportMatrix& matrix, const Links& links, GridKind kind);
Markup grid_legend(GridKind kind);

// A bar for each capture on one axis, with silent stretches and losses.
Markup capture_timeline(const ReportCoverage& coverage);
// Flows that began in each part of the time, by verdict, and the bytes.
Markup flow_columns(const ReportTraffic& traffic);
Markup byte_columns(const ReportTraffic& traffic);
// When each certificate ends, seen from the end of the audit.
Markup expiry_timeline(const std::vector<ReportCertificate>& certificates, Timestamp now);

}  // namespace pcapaudit
