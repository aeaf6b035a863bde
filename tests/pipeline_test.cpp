// The whole line gives the same database whatever the number of workers, and survives bad inputs.
#include "run/pipeline.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "policy/policy.hpp"
#include "run/capture_clock.hpp"
#include "store/store.hpp"

namespace pcapaudit {
namespace {

class StoreSink final : public FlowSink {
 public:
  explicit StoreSink(Store& store) : store_(store) {}
  Result<void> accept(std::span<AuditedFlow> flows, std::span<const LatePacket> late) override {
    return store_.accept(flows, late);
  }
  Result<void> mark_unheard(std::span<const std::uint64_t> flows) override {
    return store_.mark_unheard(flows);
  }

 private:
  Store& store_;
};

std::string sample(const std::string& name) {
  return std::string(PCAPAUDIT_SAMPLES "/") + name;
}

// Every row of every table and view, in a fixed order.
std::string dump(const Store& store) {
  std::string text;
  const auto names = store.query(
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' "
      "ORDER BY name");
  REQUIRE(names);
  for (const auto& name : names->rows) {
    const auto columns =
        store.query("SELECT name FROM pragma_table_info('" + name[0] + "') ORDER BY cid");
    REQUIRE(columns);
    std::string order;
    for (std::size_t i = 1; i <= columns->rows.size(); ++i) {
      order += (i == 1 ? "" : ", ") + std::to_string(i);
    }
    const auto rows = store.query("SELECT * FROM " + name[0] + " ORDER BY " + order);
    REQUIRE(rows);
    text += "== " + name[0] + "\n";
    for (const auto& row : rows->rows) {
      for (const std::string& cell : row) text += cell + "|";
      text += "\n";
    }
  }
  return text;
}

std::string audit(const std::vector<std::string>& inputs, unsigned workers) {
  const auto policy = load_policy({sample("site.toml")});
  REQUIRE(policy);
  auto store = Store::create(":memory:", false);
  REQUIRE(store);
  REQUIRE((*store)->write_policy(*policy));
  StoreSink sink(**store);
  const auto summary = run({.inputs = inputs,
                            .source = {},
                            .policy = &*policy,
                            .workers = workers,
                            .progress = {},
                            .interrupted = nullptr},
                           sink);
  REQUIRE(summary);
  REQUIRE((*store)->finish({.tool_version = "test", .arguments = {}, .partial = false},
                           summary->captures));
  return dump(**store);
}

TEST_CASE("pipeline: the same rows with 0, 1, 2, 3 and 8 workers") {
  const std::vector<std::string> inputs = {sample("deviating.pcapng"),
                                           sample("as-documented.pcapng")};
  const std::string alone = audit(inputs, 0);
  CHECK(alone.size() > 10'000);  // not the dump of an empty database
  for (const unsigned workers : {1U, 2U, 3U, 8U}) {
    CAPTURE(workers);
    CHECK((audit(inputs, workers) == alone));
  }
}

TEST_CASE("pipeline: a single packet's time does not move the capture's clock") {
  // The clock at each packet, in seconds, once the packet behind it is known.
  const auto clocks = [](const std::vector<std::int64_t>& seconds) {
    CaptureClock clock;
    std::vector<std::int64_t> shown;
    const auto show = [&] { shown.push_back(clock.now().ns / ns_per_second); };
    for (const std::int64_t it : seconds) {
      const Timestamp time{it * ns_per_second};
      if (clock.waits()) {
        clock.settle(time);
        show();
      }
      if (clock.note(time)) show();
    }
    if (clock.waits()) {
      clock.settle(std::nullopt);
      show();
    }
    return shown;
  };
  using Seconds = std::vector<std::int64_t>;
  CHECK(clocks({10, 11, 12}) == Seconds{10, 11, 12});
  CHECK(clocks({10, 9, 12}) == Seconds{10, 10, 12});
  CHECK(clocks({10, 4000, 11, 12}) == Seconds{10, 10, 11, 12});
  CHECK(clocks({10, 4000, 4001}) == Seconds{10, 4000, 4001});         // a pause
  CHECK(clocks({10, 4000, 900, 901}) == Seconds{10, 900, 900, 901});  // a pause behind a wrong time
  CHECK(clocks({10, 400, 800, 1200}) == Seconds{10, 400, 800, 1200});
  CHECK(clocks({10, 4000}) == Seconds{10, 4000});  // nothing speaks against it
  CHECK(clocks({4000, 10, 11}) == Seconds{4000, 4000, 4000});
  CHECK(clocks({-9'000'000'000, 9'000'000'000, 1}) ==
        Seconds{-9'000'000'000, 1, 1});  // no overflow
}

TEST_CASE("pipeline: an input that cannot be read does not hide the others") {
  const std::string with_missing_part =
      audit({sample("site.toml"), sample("as-documented.pcapng")}, 1);
  CHECK(with_missing_part.find("not a capture") != std::string::npos);
  CHECK(with_missing_part.find("rp-int-4443") != std::string::npos);
}

TEST_CASE("pipeline: a raised interrupt ends the run cleanly") {
  const auto policy = load_policy({sample("site.toml")});
  REQUIRE(policy);
  auto store = Store::create(":memory:", false);
  REQUIRE(store);
  REQUIRE((*store)->write_policy(*policy));
  StoreSink sink(**store);
  const std::atomic<int> interrupted = 2;
  const auto summary = run({.inputs = {sample("deviating.pcapng")},
                            .source = {},
                            .policy = &*policy,
                            .workers = 2,
                            .progress = {},
                            .interrupted = &interrupted},
                           sink);
  REQUIRE(summary);
  CHECK(summary->interrupted);
  CHECK((*store)->finish({}, summary->captures));
}

}  // namespace
}  // namespace pcapaudit
