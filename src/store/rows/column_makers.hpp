// Makers of the columns in record_columns.cpp: each makes the column of one member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "store/rows/record_columns.hpp"

namespace pcapaudit::columns {

using sqlite::CellSink;

template <class T>
struct MemberOf;
template <class Record, class Value>
struct MemberOf<Value Record::*> {
  using record = Record;
  using value = Value;
};
template <auto member>
using RecordOf = typename MemberOf<decltype(member)>::record;
template <auto member>
using ValueOf = typename MemberOf<decltype(member)>::value;

// Each of these makes the column of one member.
template <auto member>
constexpr RecordColumn<RecordOf<member>> number(std::string_view name) {
  using Record = RecordOf<member>;
  constexpr Shown shown = std::is_same_v<ValueOf<member>, bool> ? Shown::flag : Shown::number;
  return {name, Holds::number, shown,
          [](const Record& record, CellSink& out) {
            out.number(static_cast<std::int64_t>(record.*member));
          },
          [](const ReadCell& cell, Record& record) {
            record.*member = static_cast<ValueOf<member>>(cell.number());
          }};
}

// NULL when it is empty.
template <auto member>
constexpr RecordColumn<RecordOf<member>> text_or_null(std::string_view name, Holds holds) {
  using Record = RecordOf<member>;
  return {name, holds, Shown::text,
          [](const Record& record, CellSink& out) { out.text_or_null(record.*member); },
          [](const ReadCell& cell, Record& record) { record.*member = cell.text(); }};
}

template <auto member>
constexpr RecordColumn<RecordOf<member>> text(std::string_view name, Holds holds) {
  using Record = RecordOf<member>;
  return {name, holds, Shown::text,
          [](const Record& record, CellSink& out) { out.text(record.*member); },
          [](const ReadCell& cell, Record& record) { record.*member = cell.text(); }};
}

// A word of an enum with `last` as its last value; NULL when it is empty, as "none" is.
template <auto member, ValueOf<member> last>
constexpr RecordColumn<RecordOf<member>> word(std::string_view name) {
  using Record = RecordOf<member>;
  return {name, Holds::patterns, Shown::text,
          [](const Record& record, CellSink& out) { out.text_or_null(to_text(record.*member)); },
          [](const ReadCell& cell, Record& record) {
            record.*member = cell.word<ValueOf<member>>(static_cast<std::size_t>(last) + 1);
          }};
}

template <class Values>
const auto& values_of(const Values& list) {
  if constexpr (requires { list.values; }) {
    return list.values;
  } else {
    return list;
  }
}
template <class Values>
auto& values_of(Values& list) {
  if constexpr (requires { list.values; }) {
    return list.values;
  } else {
    return list;
  }
}

// A JSON list.
template <auto member>
constexpr RecordColumn<RecordOf<member>> list(std::string_view name, Holds holds) {
  using Record = RecordOf<member>;
  return {name, holds, Shown::list,
          [](const Record& record, CellSink& out) {
            out.text(sqlite::json_list(values_of(record.*member)));
          },
          [](const ReadCell& cell, Record& record) {
            using Value = std::remove_cvref_t<decltype(values_of(record.*member).front())>;
            values_of(record.*member) = cell.list<Value>();
          }};
}

// Seconds since 1970, or NULL.
template <auto member>
constexpr RecordColumn<RecordOf<member>> date(std::string_view name) {
  using Record = RecordOf<member>;
  return {name, Holds::number, Shown::date,
          [](const Record& record, CellSink& out) {
            if (record.*member) {
              out.number((record.*member)->seconds);
            } else {
              out.null();
            }
          },
          [](const ReadCell& cell, Record& record) {
            record.*member =
                cell.is_null() ? std::nullopt
                               : std::optional(DateTime{static_cast<std::int64_t>(cell.number())});
          }};
}

template <auto member>
constexpr RecordColumn<RecordOf<member>> tls_version(std::string_view name) {
  return {
      name, Holds::patterns, Shown::text,
      [](const TlsFacts& tls, CellSink& out) {
        out.text_or_null(tls.*member == 0 ? std::string() : tls_version_name(tls.*member));
      },
      [](const ReadCell& cell, TlsFacts& tls) { tls.*member = tls_version_named(cell.text()); }};
}

// NULL where `known` does not know.
template <auto member, auto known>
constexpr RecordColumn<RecordOf<member>> if_known(std::string_view name) {
  using Record = RecordOf<member>;
  return {name, Holds::number, Shown::flag,
          [](const Record& record, CellSink& out) {
            if (const std::optional<bool> value = known(record)) {
              out.number(*value ? 1 : 0);
            } else {
              out.null();
            }
          },
          [](const ReadCell& cell, Record& record) { record.*member = cell.number() != 0; }};
}

// How many values did not fit into each of these lists; NULL when all fitted. What is judged again
// from the database must not take a list for a whole one.
template <class Record, auto... lists>
constexpr RecordColumn<Record> more_in(std::string_view name) {
  return {name, Holds::keep, Shown::inner,
          [](const Record& record, CellSink& out) {
            if (((record.*lists).more + ...) == 0) return out.null();
            std::string json = "[";
            ((json += std::to_string((record.*lists).more) + ","), ...);
            json.back() = ']';
            out.text(json);
          },
          [](const ReadCell& cell, Record& record) {
            const auto counts = cell.list<std::uint64_t>();
            if (counts.size() != sizeof...(lists)) return;
            std::size_t at = 0;
            (((record.*lists).more = counts[at++]), ...);
          }};
}
// Their sum.
template <class Record, auto... lists>
constexpr RecordColumn<Record> more() {
  return {"more", Holds::number, Shown::number,
          [](const Record& record, CellSink& out) {
            out.number(static_cast<std::int64_t>(((record.*lists).more + ...)));
          },
          nullptr};
}

}  // namespace pcapaudit::columns
