// Collects what an HTTP/1.x connection shows; see the header.

#include "dissectors/http/http_notes.hpp"

#include <algorithm>
#include <utility>

namespace pcapaudit {

void HttpNotes::note(Kind kind, std::string_view wire, RecordSink* out) {
  SharedValues<std::string>& values = texts_[static_cast<std::size_t>(kind)];
  if (values.empty() && out != nullptr) {
    values = out->list_of(wire);
  } else if (std::find(values.begin(), values.end(), wire) == values.end()) {
    add(kind, wire);
  }
}

void HttpNotes::add(Kind kind, std::string_view wire) {
  SharedValues<std::string>& values = texts_[static_cast<std::size_t>(kind)];
  TextList list{.values = std::move(values)};
  list.add(clean_text(wire));
  values = std::move(list.values);
  if (list.more > 0) rare().more[static_cast<std::size_t>(kind)] += list.more;
}

void HttpNotes::note_status(std::uint32_t status, RecordSink* out) {
  if (statuses_.empty() && out != nullptr) {
    statuses_ = out->list_of(status);
    return;
  }
  NumberList list{.values = std::move(statuses_)};
  list.add(status);
  statuses_ = std::move(list.values);
  if (list.more > 0) rare().more_statuses += list.more;
}

HttpFacts HttpNotes::take() {
  const auto list = [&](Kind kind) {
    const auto i = static_cast<std::size_t>(kind);
    return TextList{.values = std::move(texts_[i]), .more = rare_ == nullptr ? 0 : rare_->more[i]};
  };
  HttpFacts facts{.version = {},
                  .requests = requests_,
                  .responses = responses_,
                  .methods = list(Kind::methods),
                  .hosts = list(Kind::hosts),
                  .paths = list(Kind::paths),
                  .statuses = {.values = std::move(statuses_),
                               .more = rare_ == nullptr ? 0 : rare_->more_statuses},
                  .user_agents = list(Kind::user_agents),
                  .servers = list(Kind::servers),
                  .locations = list(Kind::locations),
                  .authorization_schemes = list(Kind::authorization_schemes),
                  .credentials_in_clear = credentials_in_clear_,
                  .upgraded_to = {}};
  if (no_host_ && !facts.hosts.empty()) facts.hosts.add("");
  if (version_ != 0)
    facts.version = version_ == bare_version ? "0.9" : std::string("1.") + version_;
  if (rare_ != nullptr) facts.upgraded_to = std::move(rare_->upgraded_to);
  return facts;
}

}  // namespace pcapaudit
