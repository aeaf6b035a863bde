// What a pack becomes in other tools' formats, and back.
#include "policy/exports/exports.hpp"

#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "policy/import.hpp"
#include "policy/tools/policy_diff.hpp"
#include "policy/tools/row_fields.hpp"

using namespace pcapaudit;

namespace {

Policy pack(std::string_view id) {
  auto loaded = load_policy({std::string(id)});
  if (!loaded) FAIL(loaded.error().what);
  return *std::move(loaded);
}

// What comes back of an export, as a policy; files beside it belong to it.
Policy back(const Export& out, const std::string& format) {
  std::vector<ImportFile> files = {{.name = "export." + format, .text = out.text}};
  for (const auto& [end, text] : out.beside)
    files.push_back({.name = "export" + end, .text = text});
  const auto imported = import_documents(files);
  if (!imported) FAIL(imported.error().what);
  auto loaded = load_policy_texts({{"draft.toml", imported->draft}});
  if (!loaded) FAIL(loaded.error().what + " " + loaded.error().excerpt);
  return *std::move(loaded);
}

// "udp 53 director": what is opened, whoever asks.
std::set<std::string> opened(const Policy& policy, bool with_source) {
  std::set<std::string> all;
  for (const DocumentedFlow& row : policy.flows) {
    for (std::size_t to = 0; to < policy.roles.size(); ++to) {
      if ((row.to >> to & 1) == 0) continue;
      for (const Transport transport : row.transports) {
        for (const PortRange& range : row.ports) {
          all.insert(fmt::format("{} {} {}{}", to_text(transport), to_text({range}),
                                 policy.roles[to].id,
                                 with_source ? " from " + policy.role_names(row.from) : ""));
        }
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("every built-in pack comes back from formats that say all of a row") {
  for (const BuiltInPack& it : built_in_packs()) {
    const Policy policy = pack(it.id);
    for (const char* name : {"csv", "md", "k8s", "aerleon"}) {
      for (const ExportFormat& format : export_formats()) {
        if (std::string_view(format.name) != name) continue;
        CAPTURE(it.id, name);
        const Export out = format.write(policy);
        Policy same = policy;
        std::size_t left_out = 0;
        if (std::string_view(name) == "k8s") {
          left_out = std::erase_if(same.flows, [](const DocumentedFlow& row) {
            return std::any_of(row.transports.begin(), row.transports.end(), [](Transport one) {
              return one != Transport::tcp && one != Transport::udp && one != Transport::sctp;
            });
          });
        }
        CHECK((left_out == 0 || !out.unsaid.empty()));
        const Policy again = back(out, name);
        CAPTURE(to_text(compare_policies(same, again)));
        CHECK(rows_digest(again) == rows_digest(same));
      }
    }
  }
}

TEST_CASE("what nftables and the matrix cannot say is told, and the rest comes back") {
  for (const BuiltInPack& it : built_in_packs()) {
    CAPTURE(it.id);
    const Policy policy = pack(it.id);
    const Export ruleset = export_nftables(policy), matrix = export_commatrix(policy);
    const Policy of_ruleset = back(ruleset, "nft");
    CHECK(of_ruleset.flows.size() == policy.flows.size());
    for (const DocumentedFlow& row : policy.flows) {
      const auto found = std::find_if(of_ruleset.flows.begin(), of_ruleset.flows.end(),
                                      [&](const DocumentedFlow& one) { return one.id == row.id; });
      CAPTURE(row.id);
      REQUIRE(found != of_ruleset.flows.end());
      for (const char* name : {"from", "to", "transport", "ports"}) {
        const auto value = [&](const Policy& of, const DocumentedFlow& one) {
          for (const RowField& field : fields_of(of, one)) {
            if (field.name == name) return field.value;
          }
          return std::string();
        };
        CHECK(value(of_ruleset, *found) == value(policy, row));
      }
    }
    CHECK(opened(back(matrix, "csv"), false) == opened(policy, false));
    for (const Export* out : {&ruleset, &matrix}) {
      CHECK(std::any_of(out->unsaid.begin(), out->unsaid.end(),
                        [](const std::string& said) { return said.starts_with("app of "); }));
    }
  }
}
