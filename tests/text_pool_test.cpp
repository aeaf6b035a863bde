// Lists that flows share: the same text once, and nobody changes another's list.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <pcapaudit/app/app_record.hpp>
#include <pcapaudit/app/text_pool.hpp>

using namespace pcapaudit;

TEST_CASE("shared values: a changed copy is its own") {
  const auto one = SharedValues<std::string>::of("a");
  auto other = one;
  CHECK(other == one);
  other.push_back("b");
  CHECK(one == std::vector<std::string>{"a"});
  CHECK(other == std::vector<std::string>{"a", "b"});
  const auto moved = std::move(other);
  CHECK(moved.size() == 2);
  SharedValues<std::string> none;
  CHECK(none.empty());
  CHECK(none == SharedValues<std::string>(std::vector<std::string>{}));
  none = moved;
  CHECK(none.at(1) == "b");
}

TEST_CASE("text pool: the same text is the same list") {
  TextPool pool;
  const auto first = pool.list_of("meet.example");
  const auto second = pool.list_of("meet.example");
  CHECK(&first.all() == &second.all());
  CHECK(pool.list_of(200).all() == std::vector<std::uint32_t>{200});
  CHECK(&pool.list_of(200).all() == &pool.list_of(200).all());
  CHECK(pool.list_of(200 + 64).front() == 264);
  CHECK(pool.list_of(200).front() == 200);
}

TEST_CASE("text pool: what it answers is the clean text, whatever came before") {
  TextPool pool;
  std::vector<std::string> texts{"",
                                 "a\x01",
                                 "a\xef\xbf\xbd",
                                 "\xc3\xa9",
                                 "\xff",
                                 std::string(TextPool::longest, 'x'),
                                 std::string(TextPool::longest + 1, 'x'),
                                 std::string(2000, 'y')};
  for (std::size_t i = 0; i < 3 * TextPool::places; ++i) texts.push_back(std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (const std::string& text : texts) {
      const auto list = pool.list_of(text);
      CAPTURE(text);
      CHECK(list.size() == 1);
      CHECK(list.front() == clean_text(text));
    }
  }
}

TEST_CASE("distinct list: a shared beginning, and the cap") {
  TextPool pool;
  TextList list{.values = pool.list_of("0")};
  for (int i = 0; i < 70; ++i) list.add(std::to_string(i));
  CHECK(list.values.size() == TextList::cap);
  CHECK(list.more == 6);
  CHECK(pool.list_of("0").size() == 1);
}
