// Audits a capture against packs and policy files, and prints each violation.
#include <exception>
#include <iostream>
#include <string>

#include <pcapaudit/audit.hpp>

namespace {

std::string end_text(const pcapaudit::FlowEnd& end) {
  const std::string address = to_text(end.address);
  const std::string host = end.address.v4 ? address : "[" + address + "]";
  return end.port == 0 ? host : host + ":" + std::to_string(end.port);
}

void print_violation(const pcapaudit::JudgedFlow& flow) {
  if (flow.verdict != pcapaudit::VerdictKind::violation) return;
  std::cout << end_text(flow.client) << " -> " << end_text(flow.server) << " " << flow.app << " ["
            << flow.severity << " " << flow.kind << "] " << flow.reason << "\n";
}

int run(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: audit-sample CAPTURE PACK|POLICY...\n";
    return 2;
  }
  const auto summary = pcapaudit::audit(
      {.captures = {argv[1]}, .policies = {argv + 2, argv + argc}}, print_violation);
  if (!summary) {
    std::cerr << summary.error().what << "\n";
    return 2;
  }
  std::cout << summary->flows << " flows: " << summary->allowed << " allowed, "
            << summary->violation << " violations, " << summary->undetermined
            << " undetermined; packets lost: " << summary->lost << "\n";
  return summary->violation == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc, argv);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 70;
}
