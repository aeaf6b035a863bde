// The small language of `need` and `discouraged`: flags, has(role), and, or, not, parentheses.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pcapaudit {

struct ExpressionNames {
  // The value of a flag, and whether some address is bound to a role; nullopt when unknown.
  std::function<std::optional<bool>(std::string_view)> flag, has_role;
};

struct ExpressionValue {
  bool value = false;
  std::string error;  // empty when the expression is well formed
};

ExpressionValue evaluate_expression(std::string_view text, const ExpressionNames& names);

}  // namespace pcapaudit
