// Pieces of the Markdown report. All cells and facts that are passed in are Markdown already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/model/model.hpp"

namespace pcapaudit {

class MarkdownTable {
 public:
  explicit MarkdownTable(const std::vector<std::string>& columns);
  void row(const std::vector<std::string>& cells);
  // With a blank line behind it, and a line on rows that were cut; empty without rows.
  std::string text(std::uint64_t cut = 0) const;

 private:
  std::string text_;
  std::size_t rows_ = 0;
};

std::string second(const std::optional<DateTime>& time);
std::string second(const std::optional<Timestamp>& time);  // "2026-11-20 10:00:00"
// Code spans joined by commas, and how many there are more.
std::string names(const Listed<std::string>& list);
std::string names(const Listed<NamedCount>& list);

// Exceptions, TLS, clear text, what could not be judged, coverage, changes.
std::string markdown_evidence(const ReportModel& model);

}  // namespace pcapaudit
