// The matrix: roles in rows (who opens) against roles in columns (who is reached).
#include <algorithm>
#include <array>
#include <map>

#include "report/html/html_charts.hpp"

namespace pcapaudit {
namespace {

constexpr int widest_cell = 44, narrowest_cell = 24, grid_width = 720;  // fits A4
constexpr std::size_t label_most = 26;  // characters of a role's name
constexpr int character = 7;            // its width in the charts' type, at most

struct Sign {
  std::string_view css, path;  // the path is in a square of side 1
};

Sign sign_of(MatrixCell::State state) {
  using State = MatrixCell::State;
  switch (state) {
    case State::seen:
      return {"s-seen", "M.28 .52 L.44 .68 L.74 .34"};
    case State::violation:
      return {"s-violation", "M.3 .3 L.7 .7 M.7 .3 L.3 .7"};
    case State::blocked:
      return {"s-blocked", "M.26 .5 a.24 .24 0 1 0 .48 0 a.24 .24 0 1 0 -.48 0 M.33 .67 L.67 .33"};
    case State::undetermined:
      return {"s-undetermined", "M.38 .4 a.13 .13 0 1 1 .2 .1 q-.08 .05 -.08 .13 M.5 .76 L.5 .765"};
    case State::waived:
      return {"s-waived", "M.66 .28 L.38 .28 L.38 .72 L.66 .72 M.38 .5 L.6 .5"};
    case State::unseen:
      return {"s-unseen", "M.38 .5 a.12 .12 0 1 0 .24 0 a.12 .12 0 1 0 -.24 0"};
    case State::not_observable:
      break;
  }
  return {"s-not-observable", "M.34 .5 L.66 .5"};
}

Sign sign_of(MatrixCell::Sight sight) {
  switch (sight) {
    case MatrixCell::Sight::both:
      return {"v-both", "M.26 .5 L.74 .5 M.36 .38 L.26 .5 L.36 .62 M.64 .38 L.74 .5 L.64 .62"};
    case MatrixCell::Sight::one_way:
      return {"v-one-way", "M.28 .5 L.72 .5 M.6 .36 L.72 .5 L.6 .64"};
    case MatrixCell::Sight::never:
      break;
  }
  return {"v-never", "M.34 .5 L.66 .5"};
}

Markup stroke(const Sign& sign, int x, int y, int side) {
  return html(
      "<path class=\"sign {}\" transform=\"translate({} {}) scale({})\" d=\"{}\" "
      "vector-effect=\"non-scaling-stroke\"/>",
      sign.css, x, y, side, sign.path);
}

Markup ground(const Sign& sign, int x, int y, int side) {
  return html(
      "<rect class=\"cell {0}\" x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{3}\" rx=\"3\"/>",
      sign.css, x, y, side);
}

Markup square(const Sign& sign, int x, int y, int side) {
  return ground(sign, x, y, side) + stroke(sign, x, y, side);
}

// Traffic that is documented, in a cell whose sign tells of something graver.
bool is_also_documented(const MatrixCell& cell) {
  return cell.state > MatrixCell::State::seen && cell.flows.allowed > 0;
}

// The sign makes room for a small tick in the upper right corner.
Markup square_with_tick(const Sign& sign, int x, int y, int side) {
  const int tick = side * 2 / 5, rest = side * 7 / 10;
  const Sign seen = sign_of(MatrixCell::State::seen);
  return ground(sign, x, y, side) + stroke(sign, x + 1, y + side - rest - 1, rest) +
         html("<rect class=\"corner {0}\" x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{3}\"/>",
              seen.css, x + side - tick - 1, y + 1, tick) +
         stroke(seen, x + side - tick - 1, y + 1, tick);
}

// Places of everything in the picture, in pixels.
struct GridLayout {
  int cell = 0, left = 0, top = 0, width = 0, height = 0;

  explicit GridLayout(const std::vector<MatrixRole>& roles) {
    std::size_t longest = 6;
    for (const MatrixRole& it : roles)
      longest = std::max(longest, std::min(it.id.size(), label_most));
    const int label = static_cast<int>(longest) * character;
    const int count = static_cast<int>(roles.size());
    left = label + 16;
    cell = std::clamp((grid_width - left - label * 56 / 100) / count, narrowest_cell, widest_cell);
    top = label * 83 / 100 + 22;  // sine of 56 degrees
    width = left + count * cell + label * 56 / 100 + 8;
    height = top + count * cell + 6;
  }
  int x(std::size_t column) const { return left + static_cast<int>(column) * cell; }
  int y(std::size_t row) const { return top + static_cast<int>(row) * cell; }
};

Markup labels(const std::vector<MatrixRole>& roles, const GridLayout& at) {
  Markup out;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string name = shortened(roles[i].id, label_most);
    const std::string_view css = roles[i].seen ? "" : "soft";
    out += html("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", css,
                at.left - 8, at.y(i) + at.cell / 2 + 4, name);
    out += html("<text class=\"{0}\" transform=\"translate({1} {2}) rotate(-56)\">{3}</text>\n",
                css, at.x(i) + at.cell / 2 + 4, at.top - 8, name);
  }
  out += html("<text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"end\">from ↓  to →</text>\n",
              at.left - 8, at.top - 8);
  return out;
}

std::string cell_words(const ReportMatrix& matrix, const MatrixCell& cell, GridKind kind) {
  std::string text =
      fmt::format("{} to {}: {}", matrix.roles.rows[cell.from].id, matrix.roles.rows[cell.to].id,
                  kind == GridKind::state ? state_name(cell.state) : sight_name(cell.sight));
  if (kind == GridKind::sight) return text;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", spaced(count), what);
  };
  add(cell.flows.allowed, "allowed");
  add(cell.flows.violation, "in violation");
  add(cell.blocked, "of these stopped");
  add(cell.flows.waived, "waived");
  add(cell.flows.undetermined, "undetermined");
  return text;
}

constexpr std::array state_order = {MatrixCell::State::seen,          MatrixCell::State::unseen,
                                    MatrixCell::State::violation,     MatrixCell::State::blocked,
                                    MatrixCell::State::undetermined,  MatrixCell::State::waived,
                                    MatrixCell::State::not_observable};
constexpr std::array sight_order = {MatrixCell::Sight::both, MatrixCell::Sight::one_way,
                                    MatrixCell::Sight::never};

Markup legend_entry(const Sign& sign, std::string_view name) {
  return html(
      "<li><svg width=\"24\" height=\"24\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">{}</svg>"
      "{}</li>\n",
      square(sign, 1, 1, 22), name);
}

}  // namespace

std::string_view state_name(MatrixCell::State state) {
  using State = MatrixCell::State;
  switch (state) {
    case State::seen:
      return "documented and seen";
    case State::unseen:
      return "documented, never seen";
    case State::violation:
      return "violation that came through";
    case State::blocked:
      return "undocumented attempt, stopped";
    case State::undetermined:
      return "seen, could not be judged";
    case State::waived:
      return "covered by an exception";
    case State::not_observable:
      break;
  }
  return "documented, not observable here";
}

std::string_view sight_name(MatrixCell::Sight sight) {
  switch (sight) {
    case MatrixCell::Sight::both:
      return "both directions seen";
    case MatrixCell::Sight::one_way:
      return "one direction seen";
    case MatrixCell::Sight::never:
      break;
  }
  return "documented, never seen";
}

Markup role_grid(const ReportMatrix& matrix, const Links& links, GridKind kind) {
  const auto& roles = matrix.roles.rows;
  if (roles.empty()) return html("<p class=\"none\">No role is documented or was seen.</p>\n");
  const GridLayout at(roles);
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> cells;
  for (std::size_t i = 0; i < matrix.cells.size(); ++i) {
    cells[{matrix.cells[i].from, matrix.cells[i].to}] = i;
  }
  const std::string_view name = kind == GridKind::state ? "Matrix of roles: documented against seen"
                                                        : "Matrix of roles: what could be seen";
  Markup out = html(
      "<section class=\"chart\" tabindex=\"0\" aria-label=\"{2}\">\n<svg width=\"{0}\" "
      "height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"group\" aria-label=\"{2}\">\n{3}",
      at.width, at.height, name, labels(roles, at));
  for (std::size_t row = 0; row < roles.size(); ++row) {
    for (std::size_t column = 0; column < roles.size(); ++column) {
      const auto found = cells.find({row, column});
      if (found == cells.end()) {
        out += html(
            "<rect class=\"cell s-none\" x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\" "
            "rx=\"3\"/>",
            at.x(column), at.y(row), at.cell);
        continue;
      }
      const MatrixCell& cell = matrix.cells[found->second];
      const Sign sign = kind == GridKind::state ? sign_of(cell.state) : sign_of(cell.sight);
      const std::string words = cell_words(matrix, cell, kind);
      out += html("<a href=\"#{}\" aria-label=\"{}\"><title>{}</title>{}</a>\n",
                  links.pair(found->second), words, words,
                  kind == GridKind::state && is_also_documented(cell)
                      ? square_with_tick(sign, at.x(column), at.y(row), at.cell)
                      : square(sign, at.x(column), at.y(row), at.cell));
    }
  }
  return out + html("</svg>\n</section>\n");
}

Markup grid_legend(GridKind kind) {
  Markup out = html("<ul class=\"legend\">\n");
  if (kind == GridKind::state) {
    for (const auto state : state_order) out += legend_entry(sign_of(state), state_name(state));
    out += html(
        "<li><svg width=\"24\" height=\"24\" viewBox=\"0 0 24 24\" aria-hidden=\"true\">"
        "{}</svg>and documented traffic, too</li>\n",
        square_with_tick(sign_of(MatrixCell::State::violation), 1, 1, 22));
  } else {
    for (const auto sight : sight_order) out += legend_entry(sign_of(sight), sight_name(sight));
  }
  return out + html("</ul>\n");
}

}  // namespace pcapaudit
