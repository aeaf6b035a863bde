// Audits a capture with one dissector more, and prints every flow with what it found out.
#include <exception>
#include <iostream>
#include <variant>

#include <pcapaudit/audit.hpp>

#include "mqtt.hpp"

namespace {

void print_flow(const pcapaudit::JudgedFlow& flow) {
  std::cout << to_text(flow.client.address) << ":" << flow.client.port << " -> "
            << to_text(flow.server.address) << ":" << flow.server.port << " " << flow.app << " "
            << to_text(flow.verdict) << ": " << flow.reason << "\n";
  for (const pcapaudit::AppRecord& record : flow.records) {
    const auto* facts = std::get_if<pcapaudit::GenericFacts>(&record);
    if (facts == nullptr) continue;
    std::cout << " ";
    for (const auto& field : facts->fields) std::cout << " " << field.name << "=" << field.value;
    std::cout << "\n";
  }
}

int run(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: mqtt-sample CAPTURE POLICY [DATABASE]\n";
    return 2;
  }
  const pcapaudit::DissectorSpec* const own[] = {&mqtt};
  const auto summary = pcapaudit::audit({.captures = {argv[1]},
                                         .policies = {argv[2]},
                                         .database = argc > 3 ? argv[3] : "",
                                         .replace = true,
                                         .dissectors_before = own},
                                        print_flow);
  if (!summary) {
    std::cerr << summary.error().where << " " << summary.error().what << "\n";
    return 2;
  }
  std::cout << summary->flows << " flows, " << summary->violation << " violations\n";
  return summary->violation == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc, argv);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 70;
}
