// Recursive descent over: or := and ("or" and)*; and := not ("and" not)*; not := "not"* atom.

#include "policy/load/expression.hpp"

#include <cctype>

#include <fmt/format.h>

namespace pcapaudit {
namespace {

constexpr int max_depth = 32;  // nobody nests deeper by hand

class Parser {
 public:
  Parser(std::string_view text, const ExpressionNames& names) : names_(names), rest_(text) {
    advance();
  }

  ExpressionValue whole() {
    const bool value = either();
    if (error_.empty() && !word_.empty()) error_ = fmt::format("unexpected \"{}\"", word_);
    return {.value = value, .error = error_};
  }

 private:
  void advance() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    std::size_t size = 0;
    while (size < rest_.size() && is_word(rest_[size])) ++size;
    if (size == 0 && !rest_.empty()) size = 1;
    word_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  }
  bool accept(std::string_view word) {
    if (word_ != word) return false;
    advance();
    return true;
  }

  bool either() {
    bool value = both();
    while (accept("or")) value = both() || value;
    return value;
  }
  bool both() {
    bool value = negated();
    while (accept("and")) value = negated() && value;
    return value;
  }
  bool negated() {
    if (++depth_ > max_depth) {
      error_ = "nested too deeply";
      return false;
    }
    const bool value = accept("not") ? !negated() : atom();
    --depth_;
    return value;
  }
  bool atom() {
    if (accept("(")) {
      const bool value = either();
      expect(")");
      return value;
    }
    if (accept("always")) return true;
    if (accept("never")) return false;
    if (accept("has")) {
      expect("(");
      const std::string_view role = word_;
      advance();
      expect(")");
      return known(names_.has_role(role), "role", role);
    }
    const std::string_view flag = word_;
    advance();
    return known(names_.flag(flag), "flag", flag);
  }

  void expect(std::string_view word) {
    if (!accept(word) && error_.empty()) error_ = fmt::format("\"{}\" expected", word);
  }
  bool known(std::optional<bool> value, std::string_view kind, std::string_view name) {
    if (!value && error_.empty()) {
      error_ = name.empty() ? fmt::format("{} expected", kind)
                            : fmt::format("unknown {} \"{}\"", kind, name);
    }
    return value.value_or(false);
  }

  const ExpressionNames& names_;
  std::string_view rest_, word_;
  std::string error_;
  int depth_ = 0;
};

}  // namespace

ExpressionValue evaluate_expression(std::string_view text, const ExpressionNames& names) {
  return Parser(text, names).whole();
}

}  // namespace pcapaudit
