// What every format rests on: escapes, CSV fields, pseudonyms, signatures.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/signature.hpp"
#include "base/text/text.hpp"
#include "report/escape.hpp"
#include "report/text/csv.hpp"
#include "store/redaction/pseudonyms.hpp"
#include "support/temp_dir.hpp"

namespace pcapaudit {
namespace {

TEST_CASE("escape: what cannot be seen is written out") {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"plain Ünïcode → 日本", "plain Ünïcode → 日本"},
      {"\x1b[31m", "\\u001b[31m"},
      {"\x7f\xc2\x9b", "\\u007f\\u009b"},
      {"\xe2\x80\xae"
       "exe",
       "\\u202eexe"},
      {"\xe2\x80\x8b\xef\xbb\xbf", "\\u200b\\ufeff"},
      {"\xf3\xa0\x81\xa1", "\\U000e0061"},           // a tag character
      {"\xc0\xaf\xff", "\\xc0\\xaf\\xff"},           // overlong, and no UTF-8 at all
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"cut \xe2\x80", "cut \\xe2\\x80"},
      {std::string_view("\0", 1), "\\u0000"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.want);
    CHECK(visible(c.text) == c.want);
  }
  CHECK(visible("a\tb\n") == "a\\u0009b\\u000a");
  CHECK(visible("a\tb\r\n", tabs_and_lines) == "a\tb\\u000d\n");
  CHECK(json_escaped("\"\xe2\x80\xae \xf3\xa0\x81\xa1 é\"") == "\"\\u202e \\udb40\\udc61 é\"");
}

TEST_CASE("escape: a word that Markdown could read is a code span") {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"no documented flow; nearest is rp-int-4443, (4443 expected)",
       "no documented flow; nearest is rp-int-4443, (4443 expected)"},
      {"a *b* _c_ <d> [e](f)", "a `*b*` `_c_` `<d>` `[e](f)`"},
      {"see http://x.example or www.x.example", "see `http://x.example` or `www.x.example`"},
      {"mail@x.example #17 :smile: ~~x~~ $y$ ![i]",
       "`mail@x.example` `#17` `:smile:` `~~x~~` `$y$` `![i]`"},
      {"1. one", "`1.` one"},
      {"--- === # >", "`---` `===` `#` `>`"},
      {"`x` a|b \\", "`\\x60x\\x60` `a\\x7cb` `\\`"},
      {"a\nb", "`a\\u000ab`"},
      {"why: 5 %", "why: 5 %"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(markdown(c.text) == c.want);
  }
  CHECK(markdown_code("") == "");
  CHECK(markdown_code("a b`|c") == "`a b\\x60\\x7cc`");
}

TEST_CASE("csv: quoted when it must be") {
  CHECK(csv_line({"a", "b c", "d,e", "f\"g", "", "1"}) == "a,b c,\"d,e\",\"f\"\"g\",,1\r\n");
  CHECK(csv_field("-1") == "-1");
  CHECK(csv_field("-1e") == "'-1e");
  CHECK(csv_field("+1.") == "'+1.");
  CHECK(csv_field("=1") == "'=1");
  CHECK(cell_text({.type = SqlCell::Type::blob, .text = {"\x00\xff", 2}}) == "00ff");
}

TEST_CASE("digest: HMAC-SHA-256 of RFC 4231, test case 2") {
  CHECK(hmac_sha256_hex(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("signature: Ed25519 of RFC 8032 section 7.1, test 2") {
  const std::string key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
  const std::string signature =
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  CHECK(is_signed_by(key, "\x72", signature));
  CHECK_FALSE(is_signed_by(key, "\x73", signature));
  CHECK_FALSE(is_signed_by(key, "\x72", signature.substr(2)));
  CHECK_FALSE(is_signed_by(key.substr(2), "\x72", signature));
  CHECK_FALSE(is_signed_by("", "\x72", ""));

  // The secret key of the same test, as RFC 8410 wraps it.
  const test::TempDir folder;
  const std::string file =
      folder.write("key.pem",
                   "-----BEGIN PRIVATE KEY-----\n"
                   "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                   "-----END PRIVATE KEY-----\n");
  const auto secret = SigningKey::read(file);
  REQUIRE(secret);
  CHECK(secret->public_key() == key);
  const auto made = secret->sign("\x72");
  REQUIRE(made);
  CHECK(*made == signature);
}

// A pseudonym of this kind and nothing else.
bool is_pseudonym(const std::string& text, const std::string& kind) {
  return text.size() == kind.size() + 11 && text.starts_with(kind + "-") &&
         text.find_first_not_of("0123456789abcdef", kind.size() + 1) == std::string::npos;
}

TEST_CASE("pseudonyms: the same under the same key, others under another") {
  Pseudonyms one("0123456789abcdef");
  Pseudonyms same("0123456789abcdef");
  Pseudonyms other("fedcba9876543210");
  CHECK(is_pseudonym(one.address("10.0.0.1"), "ip"));
  CHECK(one.address("10.0.0.1") == same.address("10.0.0.1"));
  CHECK(one.address("10.0.0.1") != other.address("10.0.0.1"));
  CHECK(one.address("10.0.0.1") != one.address("10.0.0.2"));
  CHECK(one.name("Web.Example.") == one.name("web.example"));
  CHECK(one.name("web.example:8080") == one.name("web.example") + ":8080");
  CHECK(one.name("10.0.0.1:80") == one.address("10.0.0.1") + ":80");
  CHECK(one.name("[2001:db8::1]:443") == one.address("2001:0db8:0::1") + ":443");
  CHECK(one.address("10.1.0.0/16").ends_with("/16"));
  CHECK(one.uri("/") == "/");
  CHECK(one.name("").empty());
  CHECK(one.distinguished_name("CN=a\\,b,O=Org") ==
        "CN=" + one.name("a\\,b") + ",O=" + one.name("Org"));
  CHECK(one.collisions() == 0);
  // HMAC-SHA-256 with Python's hmac: key as above, text b"ip\0" + b"10.0.0.1".
  CHECK(one.address("10.0.0.1") == "ip-7f0c2cb65c");
}

TEST_CASE("pseudonyms: text that holds what must not be shown") {
  Pseudonyms names("0123456789abcdef");
  names.learn_name("intranet");
  names.learn_name("director");
  names.learn_phrase("Example Issuing CA");
  names.keep_word("director");
  const std::string ip = names.address("10.0.0.1");
  CHECK(names.patterns("from 10.0.0.1, to 10.0.0.1:80.") == "from " + ip + ", to " + ip + ":80.");
  CHECK(names.patterns("audio [2001:db8::1]:5004") ==
        "audio " + names.address("2001:db8::1") + ":5004");
  CHECK(names.patterns("10.0.0.1-10.0.0.2") == ip + "-" + names.address("10.0.0.2"));
  CHECK(names.patterns("see 2001:db8::") == "see " + names.address("2001:db8::"));
  CHECK(names.patterns("host 10.1.0.0/16") == "host " + names.address("10.1.0.0/16"));
  CHECK(names.patterns("at web.example") == "at " + names.name("web.example"));
  CHECK(names.patterns("[\"web.example:80\"]") == "[\"" + names.name("web.example") + ":80\"]");
  CHECK(names.patterns("get /a/b?c") == "get " + names.uri("/a/b?c"));
  CHECK(names.patterns("https://web.example/a") == names.uri("https://web.example/a"));
  CHECK(names.patterns("anna@web.example") == names.name("anna@web.example"));
  CHECK(names.patterns("dir/site.toml:12").ends_with(".toml:12"));
  CHECK(names.patterns("TLSv1.2 tcp/443 and/or 1.3.6.1.5.5 Chrome/120.0.0.0 V-1A2B (e.g. x)") ==
        "TLSv1.2 tcp/443 and/or 1.3.6.1.5.5 Chrome/120.0.0.0 V-1A2B (e.g. x)");
  CHECK(names.patterns("the intranet") == "the intranet");
  CHECK(names.free_text("the Intranet of Example Issuing CA, director") ==
        "the " + names.name("intranet") + " of " + names.name("Example Issuing CA") + ", director");
}

}  // namespace
}  // namespace pcapaudit
