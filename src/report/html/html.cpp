// The page around the sections: head, security policy, contents, numbers, order.

#include <algorithm>
#include <array>
#include <cctype>

#include "base/digest.hpp"
#include "base/embedded.hpp"
#include "report/formats.hpp"
#include "report/html/html_parts.hpp"

namespace pcapaudit {
namespace {

struct Section {
  std::string_view id, title;
  Markup (*render)(const ReportModel& model, const Links& links);
  bool fresh_page = false;  // in print
};

Markup html_controls(const ReportModel& model, const Links& links);

constexpr std::array sections = {
    Section{"coverage", "Coverage", html_coverage, true},
    Section{"matrix", "Matrix of roles", html_matrix},
    Section{"findings", "Findings", html_findings, true},
    Section{"register", "Register of documented flows", html_register, true},
    Section{"unused", "Unused and not observable", html_unused},
    Section{"exceptions", "Exceptions", html_exceptions},
    Section{"tls", "TLS and mutual TLS", html_tls},
    Section{"clear", "Clear text and SIP", html_clear},
    Section{"undetermined", "Undetermined traffic and unknown hosts", html_undetermined},
    Section{"traffic", "Traffic over time", html_traffic},
    Section{"changes", "Changes since the baseline", html_changes},
    Section{"controls", "Controls that this report supports", html_controls},
    Section{"annex", "Annex", html_annex},
    Section{"signoff", "Sign-off", html_signoff, true},
};

std::vector<Section> sections_of(const ReportModel& model) {
  std::vector<Section> list(sections.begin(), sections.end());
  if (!model.changes) std::erase_if(list, [](const Section& it) { return it.id == "changes"; });
  return list;
}

Markup html_controls(const ReportModel& model, const Links&) {
  const std::vector<Section> list = sections_of(model);
  std::vector<Row> rows;
  for (const CrosswalkRow& it : model.crosswalk) {
    std::vector<Markup> where;
    for (const std::string& id : it.sections) {
      const auto found = std::find_if(list.begin(), list.end(),
                                      [&](const Section& section) { return section.id == id; });
      if (found == list.end()) continue;
      where.push_back(
          html("<a href=\"#{}\">{} {}</a>", id, found - list.begin() + 1, found->title));
    }
    rows.push_back({.cells = {cell(it.control), cell(it.question), cell(it.supports),
                              cell(joined(where, "; "))}});
  }
  return html(
             "<p class=\"lead\">This report supports the review of these controls. It does not say "
             "that they are met.</p>\n") +
         table({.caption = "Controls, and the sections that support their review",
                .columns = {"Control", "The auditor's question", "What the report supports it with",
                            "Sections"},
                .empty = ""},
               rows);
}

std::string_view asset(std::string_view name) {
  for (const EmbeddedFile& it : report_files()) {
    if (it.name == name) return it.text;
  }
  return {};
}

// RFC 4648 section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t group = 3;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += group) {
    std::uint32_t word = 0;
    const std::size_t count = std::min(group, bytes.size() - at);
    for (std::size_t i = 0; i < group; ++i) {
      word = word << 8U | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i <= group; ++i) {
      out += i <= count ? digits[word >> (18 - 6 * i) & 0x3fU] : '=';
    }
  }
  return out;
}

// 'sha256-...', as a content security policy names an inline script or style.
std::string source_hash(std::string_view text) {
  const std::string hex = sha256_hex(as_bytes(text));
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const auto digit = [&](std::size_t at) {
      const char c = hex[at];
      return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    };
    bytes += static_cast<char>(digit(i) << 4U | digit(i + 1));
  }
  return "'sha256-" + base64(bytes) + "'";
}

// The classification on every printed page. A style sheet holds it, so all of ASCII but letters and
// digits is written as its number (CSS Syntax 3, section 4.3.7).
std::string page_style(const std::string& classification) {
  if (classification.empty()) return {};
  std::string content;
  for (const char c : classification) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || std::isalnum(byte) != 0;
    content += plain ? std::string(1, c) : fmt::format("\\{:06x}", byte);
  }
  return fmt::format("@page {{ @top-center {{ content: \"{}\"; font: 700 8pt sans-serif; }} }}\n",
                     content);
}

Markup head(const ReportModel& model, const std::string& page_css) {
  const std::string_view css = asset("report.css"), js = asset("report.js");
  std::string styles = source_hash(css);
  if (!page_css.empty()) styles += " " + source_hash(page_css);
  const std::string title = model.dress.title.empty() ? "Traffic audit" : model.dress.title;
  Markup out = html(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"pcapaudit {}\">\n<title>{}</title>\n<style>{}</style>\n",
      Markup{styles}, Markup{source_hash(js)}, model.run.tool_version, shortened(title, 60),
      Markup{std::string(css)});
  if (!page_css.empty()) out += html("<style>{}</style>\n", Markup{page_css});
  return out + html("</head>\n");
}

Markup contents(const std::vector<Section>& list) {
  Markup out = html("<nav class=\"contents\" aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n");
  for (const Section& it : list) {
    out += html("<li><a href=\"#{}\">{}</a></li>\n", it.id, it.title);
  }
  return out + html("</ol>\n</nav>\n");
}

}  // namespace

std::string render_html(const ReportModel& model) {
  const std::vector<Section> list = sections_of(model);
  const Links links(model);
  Markup page = head(model, page_style(model.dress.classification));
  page += html(
      "<body>\n<a class=\"skip\" href=\"#coverage\">Skip to the sections</a>\n"
      "<main class=\"page\">\n");
  page += html_cover(model) + contents(list);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Section& it = list[i];
    page += html("<section class=\"part{0}\" id=\"{1}\" aria-labelledby=\"{1}-title\">\n",
                 it.fresh_page ? " fresh" : "", it.id);
    page += html("<h2 id=\"{}-title\">{}. {}</h2>\n", it.id, i + 1, it.title);
    page += it.render(model, links) + html("</section>\n");
  }
  page += html("</main>\n<script>{}</script>\n</body>\n</html>\n",
               Markup{std::string(asset("report.js"))});
  return std::move(page.html);
}

Result<std::string> logo_uri(std::string_view bytes) {
  constexpr std::size_t most = 512 * 1024;  // a tenth of what a report may weigh
  if (bytes.size() > most) return fail("the logo is larger than 512 KiB");
  std::string_view type;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) type = "image/png";
  if (bytes.starts_with("\xff\xd8\xff")) type = "image/jpeg";
  const std::string_view start = bytes.substr(0, std::min<std::size_t>(bytes.size(), 1024));
  if (start.find("<svg") != std::string_view::npos) type = "image/svg+xml";
  if (type.empty()) return fail("the logo is neither PNG, JPEG nor SVG");
  return fmt::format("data:{};base64,{}", type, base64(bytes));
}

}  // namespace pcapaudit
