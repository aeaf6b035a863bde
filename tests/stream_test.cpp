// What was read of each direction: every way in which bytes are not read, and what is harmless.
#include <catch2/catch.hpp>

#include <functional>

#include "support/conversation.hpp"

using namespace pcapaudit;
using namespace std::string_literals;
using test::client;
using test::Conversation;
using test::server;

namespace {

const std::string request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

Conversation web() {
  return {"192.0.2.10", 40000, "198.51.100.20", 80};
}

ClosedFlow only_flow(Conversation& talk) {
  const auto flows = test::flows_of(talk.packets());
  REQUIRE(flows.size() == 1);
  return flows[0];
}

// The last packet was cut by the snap length.
void cut_last(Conversation& talk, std::size_t kept) {
  Decoded& decoded = talk.packets().back().decoded;
  decoded.payload = decoded.payload.first(kept);
}

}  // namespace

TEST_CASE("account: every cause, where it stands and in which direction") {
  struct Case {
    std::string_view what;
    std::function<void(Conversation&)> talk;
    std::size_t direction;
    ReadAccount want;
  };
  const Case cases[] = {
      {"whole, to server", [](Conversation& it) { it.open().data(client, request); }, 0, {}},
      {"whole, to client",
       [](Conversation& it) { it.open().data(client, request).data(server, answer); },
       1,
       {}},
      {"lost inside a body",
       [](Conversation& it) {
         it.open().data(client, request).data(server, answer.substr(0, answer.size() - 4));
         it.lose(server, 2).data(server, "lo").close();
       },
       1,
       {}},
      {"malformed",
       [](Conversation& it) { it.open().data(client, request).data(client, "nothing\r\n\r\n"); },
       0,
       {.end = Unread::malformed,
        .end_at = request.size(),
        .why = "http: no start line where a message should begin"}},
      {"no known start",
       [](Conversation& it) { it.open().data(client, "\1\2\3\4 nobody knows this").close(); },
       0,
       {.end = Unread::unknown_start}},
      {"another protocol than the other side's",
       [](Conversation& it) { it.open().data(client, request).data(server, "SSH-2.0-x\r\n"); },
       1,
       {.end = Unread::foreign}},
      {"cut by the snap length, and nothing behind it",
       [](Conversation& it) {
         it.open().data(client, request + request);
         cut_last(it, request.size() + 6);
       },
       0,
       {.end = Unread::snap_length, .end_at = request.size()}},
      {"cut by the snap length, and another message",
       [](Conversation& it) {
         it.open().data(client, request + request);
         cut_last(it, request.size() + 6);
         it.data(client, request);
       },
       0,
       {.hole = Unread::snap_length, .hole_at = request.size()}},
      {"lost, and another message",
       [](Conversation& it) {
         it.open().data(client, request).lose(client, 9).data(client, request).close();
       },
       0,
       {.hole = Unread::gap, .hole_at = request.size()}},
      {"lost, and no message behind it",
       [](Conversation& it) {
         it.open().data(client, request).lose(client, 9).data(client, "middle of it").close();
       },
       0,
       {.end = Unread::gap, .end_at = request.size()}},
      {"unfinished",
       [](Conversation& it) { it.open().data(client, request).data(client, "GET / HT"); },
       0,
       {.end = Unread::unfinished, .end_at = request.size()}},
      {"joined", [](Conversation& it) { it.data(client, request); }, 0, {.hole = Unread::joined}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Conversation talk = web();
    c.talk(talk);
    const ReadAccount got = only_flow(talk).account[c.direction];
    CAPTURE(to_text(got.hole), got.hole_at, to_text(got.end), got.end_at, got.why);
    CHECK(got == c.want);
  }
}

TEST_CASE("account: a handover names what the connection became") {
  Conversation talk = web();
  talk.open()
      .data(client, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
      .data(server, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
      .data(server, "SSH-2.0-server\r\n")
      .data(client, "SSH-2.0-client\r\n");
  const ClosedFlow flow = only_flow(talk);
  CHECK(flow.app == "http");
  CHECK(flow.other_apps == std::vector<std::string>{"ssh"});
}
