// One JSON object, written as it is built: for output with a line for every flow.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pcapaudit {

// Members and elements in the order in which they are written. Text of the wire may hold anything.
class JsonLine {
 public:
  JsonLine() { text_.reserve(usual_length); }

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name) {
    separate();
    text_ += '"';
    text_ += name;  // a word of ours
    text_ += "\":";
    is_first_ = true;  // no comma before its value
  }

  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool is_true) { raw(is_true ? "true" : "false"); }
  template <std::integral T>
  void value(T number) {
    raw(std::to_string(number));
  }
  template <class Range>
    requires(!std::convertible_to<const Range&, std::string_view>) &&
            requires(const Range& range) { range.begin(); }
  void value(const Range& range) {
    begin_array();
    for (const auto& it : range) value(it);
    end_array();
  }
  void null() { raw("null"); }
  // JSON that was made elsewhere.
  void raw(std::string_view json) {
    separate();
    text_ += json;
  }

  template <class T>
  void member(std::string_view name, const T& of) {
    key(name);
    value(of);
  }
  void member_or_null(std::string_view name, std::string_view text) {
    key(name);
    if (text.empty()) {
      null();
    } else {
      value(text);
    }
  }

  std::string take() && { return std::move(text_); }

 private:
  static constexpr std::size_t usual_length = 512;  // of a flow: so that the text seldom moves

  void separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  void open(char bracket) {
    separate();
    text_ += bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    is_first_ = false;
  }

  std::string text_;
  bool is_first_ = true;
};

}  // namespace pcapaudit
