#include "import/words.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include <iconv.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

namespace pcapaudit {
namespace {

constexpr ucs4_t first_dense = 0x2e80;  // scripts of East Asia: no blanks between words

const std::uint8_t* units(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::string converted(std::string_view bytes, const char* from) {
  const iconv_t converter = ::iconv_open("UTF-8", from);
  if (converter == reinterpret_cast<iconv_t>(-1)) return {};
  std::string out(bytes.size() * 4 + 4, '\0');
  char* in = const_cast<char*>(bytes.data());
  char* to = out.data();
  std::size_t left = bytes.size(), room = out.size();
  // A byte that is no character becomes "?".
  while (left > 0 && ::iconv(converter, &in, &left, &to, &room) == static_cast<std::size_t>(-1)) {
    if (left == 0 || room == 0) break;
    *to++ = '?';
    --room;
    ++in;
    --left;
  }
  ::iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

bool is_mark(ucs4_t c) {
  return c == 0xb9 || c == 0xb2 || c == 0xb3 || (c >= 0x2070 && c <= 0x209c) || c == 0x2020 ||
         c == 0x2021 || c == 0xae || c == 0x2122 || c == 0xad || (c >= 0x200b && c <= 0x200f);
}

bool is_dash(ucs4_t c) {
  return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x301c || c == 0xff5e || c == '~' ||
         c == 0xfe58 || c == 0xff0d;
}

void put(std::string& out, ucs4_t c) {
  std::uint8_t bytes[6];
  const int count = ::u8_uctomb(bytes, c, sizeof(bytes));
  if (count > 0) out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

bool is_without_blanks(std::string_view word) {
  ucs4_t c = 0;
  return !word.empty() && ::u8_mbtouc(&c, units(word), word.size()) > 0 && c >= first_dense;
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string& converted_from) {
  converted_from.clear();
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    converted_from = "UTF-16";
  } else if (::u8_check(units(bytes), bytes.size()) != nullptr) {
    converted_from = "WINDOWS-1252";
  }
  return converted_from.empty() ? std::string(bytes) : converted(bytes, converted_from.c_str());
}

std::string fold(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    ucs4_t c = 0;
    const int count = ::u8_mbtouc(&c, units(text) + at, text.size() - at);
    at += static_cast<std::size_t>(std::max(count, 1));
    if (is_mark(c)) continue;
    if (is_dash(c)) {
      plain += '-';
    } else if (c == 0x3001) {
      plain += ',';
    } else if (c == 0x2265) {
      plain += ">=";
    } else if (c == 0x2264) {
      plain += "<=";
    } else {
      put(plain, c);
    }
  }
  std::size_t length = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> folded(
      ::u8_casefold(units(plain), plain.size(), nullptr, UNINORM_NFKC, nullptr, &length),
      std::free);
  if (!folded) return plain;
  return {reinterpret_cast<const char*>(folded.get()), length};
}

std::vector<std::string> words_of(std::string_view folded) {
  std::vector<std::string> words;
  std::string word;
  bool was_dense = false;
  for (std::size_t at = 0; at < folded.size();) {
    ucs4_t c = 0;
    const int count = ::u8_mbtouc(&c, units(folded) + at, folded.size() - at);
    // Beside a script without blanks, letters and digits of others are words of their own.
    const bool is_dense = c >= first_dense;
    if (std::exchange(was_dense, is_dense) != is_dense && !word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
    const bool kept = ::uc_is_alnum(c) || c == 0x30fc;  // a long vowel of Japanese
    if (kept) word.append(folded.substr(at, static_cast<std::size_t>(std::max(count, 1))));
    at += static_cast<std::size_t>(std::max(count, 1));
    if ((!kept || at >= folded.size()) && !word.empty()) words.push_back(std::exchange(word, {}));
  }
  return words;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_word(const std::vector<std::string>& text, std::initializer_list<std::string_view> words) {
  return std::any_of(text.begin(), text.end(), [&](const std::string& it) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return is_without_blanks(word) ? it.find(word) != std::string::npos : it == word;
    });
  });
}

namespace {

constexpr std::string_view negations[] = {
    "not",     "no",    "non",     "never",   "without", "none",      "cannot",    "don",
    "dont",    "doesn", "isn",     "won",     "except",  "excepting", "excluding", "excluded",
    "neq",     "nicht", "kein",    "keine",   "keinen",  "nie",       "niemals",   "ohne",
    "ausser",  "pas",   "jamais",  "aucun",   "aucune",  "sans",      "hors",      "sauf",
    "nunca",   "sin",   "ningun",  "ninguno", "excepto", "salvo",     "mai",       "nessun",
    "nessuno", "senza", "eccetto", "tranne",  "nao"};
constexpr std::string_view cjk_negations[] = {"以外", "除", "不", "非", "ない", "勿", "无", "無"};
constexpr std::string_view negative_signs[] = {"!", "<>", "\u2260"};

constexpr std::string_view denials[] = {
    "deny",      "denied",   "denies",    "block",       "blocked",     "blocks",     "drop",
    "dropped",   "reject",   "rejected",  "refuse",      "refused",     "forbidden",  "prohibited",
    "closed",    "disabled", "disallow",  "disallowed",  "verweigern",  "verweigert", "blockieren",
    "blockiert", "gesperrt", "verboten",  "geschlossen", "deaktiviert", "refuser",    "interdit",
    "bloque",    "ferme",    "desactive", "denegar",     "denegado",    "bloquear",   "bloqueado",
    "cerrado",   "nega",     "negato",    "blocca",      "bloccato",    "chiuso"};
constexpr std::string_view cjk_denials[] = {"拒否", "拒绝", "拒絕", "禁止", "遮断", "阻止"};

template <class Words, class Inside>
std::string first_of(std::string_view text, const Words& words, const Inside& inside) {
  const std::string folded = fold(text);
  for (const std::string& word : words_of(folded)) {
    if (std::find(std::begin(words), std::end(words), word) != std::end(words)) return word;
  }
  for (const std::string_view it : inside) {
    if (folded.find(it) != std::string::npos) return std::string(it);
  }
  return {};
}

}  // namespace

std::string negation_in(std::string_view text) {
  for (const std::string_view sign : negative_signs) {
    if (text.find(sign) != std::string_view::npos) return std::string(sign);
  }
  return first_of(text, negations, cjk_negations);
}

std::string denial_in(std::string_view text) {
  return first_of(text, denials, cjk_denials);
}

}  // namespace pcapaudit
