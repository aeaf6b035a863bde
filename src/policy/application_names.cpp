// From the dissectors' own tables; see the header.
#include "policy/application_names.hpp"

#include <algorithm>
#include <iterator>

#include <pcapaudit/app/dissector.hpp>

namespace pcapaudit {
namespace {

// HTTP inside TLS, and messages that are judged by roles alone.
constexpr std::string_view own_words[] = {"https", "icmp"};

// Named by port tables; nobody has written down what their bytes look like. "unknown" is what an
// import writes where a table names nothing.
constexpr std::string_view documented_only[] = {"bandwidth-policy", "file-transfer", "sql-browser",
                                                "sql-mirroring", "unknown"};

}  // namespace

const std::vector<ApplicationName>& application_names() {
  static const std::vector<ApplicationName> names = [] {
    std::vector<ApplicationName> all;
    const auto add = [&all](std::string_view name, bool is_recognised) {
      const bool is_known = std::any_of(all.begin(), all.end(),
                                        [&](const ApplicationName& it) { return it.name == name; });
      if (!is_known && !name.empty()) all.push_back({.name = name, .is_recognised = is_recognised});
    };
    for (const DissectorSpec* spec : all_dissectors()) {
      add(spec->name, true);
      if (spec->names == nullptr) continue;
      for (const std::string_view name : spec->names()) add(name, true);
    }
    for (const std::string_view name : own_words) add(name, true);
    for (const std::string_view name : documented_only) add(name, false);
    std::sort(all.begin(), all.end(),
              [](const ApplicationName& a, const ApplicationName& b) { return a.name < b.name; });
    return all;
  }();
  return names;
}

}  // namespace pcapaudit
