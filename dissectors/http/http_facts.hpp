// What a message says of targets, hosts and credentials, taken into the notes of its flow.
//
// Values that demands are held against are taken whole, or the account of the direction says that
// they were not. `out` may be null: then nothing is said of the account. One thread for each flow.
// Source: RFC 9110 7.1, 7.2, 11.6; RFC 9112 3.2.
#pragma once

#include <string_view>

#include <pcapaudit/app/dissector.hpp>

#include "dissectors/http/http_message.hpp"
#include "dissectors/http/http_notes.hpp"

namespace pcapaudit {

// Peers may read this in different ways; nothing for an empty `why`.
void doubt(Direction dir, std::string_view why, RecordSink* out);
// A value that is not judged by a part of it.
void note_whole(HttpNotes& notes, Direction dir, HttpNotes::Kind kind, std::string_view wire,
                RecordSink* out);
void note_target(HttpNotes& notes, const HttpTarget& target, const HttpStart& start,
                 RecordSink* out);
// Gives the host of a Host field; a view of `value`.
std::string_view note_host(HttpNotes& notes, std::string_view value, RecordSink* out);
void note_authorization(HttpNotes& notes, std::string_view value);

}  // namespace pcapaudit
