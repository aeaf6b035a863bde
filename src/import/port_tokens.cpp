#include "import/port_tokens.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "import/words.hpp"

namespace pcapaudit {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

// A number with its thousands separators. `text` is folded.
class Lexer {
 public:
  Lexer(std::string_view text, std::vector<std::string>& doubts) : text_(text), doubts_(doubts) {}

  std::vector<PortToken> tokens() {
    while (at_ < text_.size()) {
      const bool blank = text_[at_] == ' ' || text_[at_] == '\n';
      if (text_[at_] == '\n') put(TokenSort::sign, ";", at_);
      if (blank) {
        blank_ = true;
        ++at_;
        continue;
      }
      step();
      blank_ = false;
    }
    return std::move(tokens_);
  }

 private:
  void put(TokenSort sort, std::string text, std::size_t begin, std::uint32_t value = 0,
           bool grouped = false) {
    tokens_.push_back({.sort = sort,
                       .text = std::move(text),
                       .value = value,
                       .grouped = grouped,
                       .blank_before = blank_,
                       .begin = begin});
  }

  void step() {
    const std::size_t begin = at_;
    if (is_digit(text_[at_])) return number();
    if (is_letter(text_[at_])) {
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
      std::string word(text_.substr(begin, at_ - begin));
      // "tcp443"
      if (is_one_of(word.substr(0, 3), {"tcp", "udp"}) && word.size() > 3 && is_digit(word[3])) {
        at_ = begin + 3;
        word.resize(3);
      }
      return put(TokenSort::word, std::move(word), begin);
    }
    for (const std::string_view sign : {"...", "..", ">=", "<=", "<->", "->"}) {
      if (text_.substr(at_).starts_with(sign)) {
        at_ += sign.size();
        return put(TokenSort::sign, std::string(sign), begin);
      }
    }
    put(TokenSort::sign, std::string(1, text_[at_++]), begin);
  }

  std::size_t digits_from(std::size_t at) const {
    std::size_t count = 0;
    while (at + count < text_.size() && is_digit(text_[at + count])) ++count;
    return count;
  }

  std::uint32_t value_of(std::size_t at, std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(count, 9); ++i) {
      value = value * 10 + static_cast<std::uint32_t>(text_[at + i] - '0');
    }
    return value;
  }

  // The separator when digits, it and three more digits stand at `at`: 0 when not.
  char grouping_at(std::size_t at) const {
    const std::size_t head = digits_from(at);
    if (head == 0 || head > 2 || text_[at] == '0' || at + head >= text_.size()) return 0;
    const char sign = text_[at + head];
    if (!is_one_of(std::string_view(&sign, 1), {",", ".", "'", " "})) return 0;
    if (digits_from(at + head + 1) != 3) return 0;
    const std::size_t end = at + head + 4;
    if (sign == '.' && end < text_.size() && text_[end] == '.' && end + 1 < text_.size() &&
        is_digit(text_[end + 1])) {
      return 0;  // an address
    }
    return grouped_value(at, head) <= last_port ? sign : '\0';
  }
  std::uint32_t grouped_value(std::size_t at, std::size_t head) const {
    return value_of(at, head) * 1000 + value_of(at + head + 1, 3);
  }

  // "50,000" can be one number or two.
  bool is_grouped(std::size_t at, char sign) {
    const std::size_t head = digits_from(at);
    if (sign == '.' || sign == '\'') return true;
    if (text_[at + head + 1] == '0') return true;  // no port is written 000
    if (!tokens_.empty() && is_range_sign(tokens_.back())) {
      const bool left_grouped = tokens_.size() > 1 && tokens_[tokens_.size() - 2].grouped;
      if (left_grouped) return true;
    }
    // As a list, a range in the middle of it would run backwards.
    std::size_t next = at + head + 4;
    while (next < text_.size() && text_[next] == ' ') ++next;
    const bool dash = next < text_.size() && text_[next] == '-';
    if (dash) {
      ++next;
      while (next < text_.size() && text_[next] == ' ') ++next;
      if (grouping_at(next) == sign) {
        return value_of(at + head + 1, 3) > value_of(next, digits_from(next));
      }
    }
    if (sign == ',') {
      doubts_.push_back(
          fmt::format("\"{}\" is read as two ports; it could be one with a thousands separator",
                      text_.substr(at, head + 4)));
    }
    return false;
  }

  static bool is_range_sign(const PortToken& it) {
    return it.text == "-" || it.text == ".." || it.text == ":" ||
           is_one_of(it.text, {"to", "bis", "through", "thru", "hasta", "al"});
  }

  void number() {
    const std::size_t begin = at_;
    if (const char sign = grouping_at(at_); sign != 0 && is_grouped(at_, sign)) {
      const std::size_t head = digits_from(at_);
      at_ += head + 4;
      return put(TokenSort::number, std::string(text_.substr(begin, at_ - begin)), begin,
                 grouped_value(begin, head), true);
    }
    std::size_t end = at_ + digits_from(at_);
    bool dotted = false;
    while (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      dotted = true;
      end += 1 + digits_from(end + 1);
    }
    at_ = end;
    const std::string text(text_.substr(begin, end - begin));
    put(dotted ? TokenSort::version : TokenSort::number, text, begin,
        dotted ? 0 : value_of(begin, end - begin));
    if (!dotted && end - begin > 6) tokens_.back().value = last_port + 1;
  }

  std::string_view text_;
  std::vector<std::string>& doubts_;
  std::size_t at_ = 0;
  bool blank_ = false;
  std::vector<PortToken> tokens_;
};

}  // namespace

std::vector<PortToken> port_tokens(std::string_view folded, std::vector<std::string>& doubts) {
  return Lexer(folded, doubts).tokens();
}

}  // namespace pcapaudit
