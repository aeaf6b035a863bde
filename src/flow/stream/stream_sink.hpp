// Where the attached dissector's records go, and what it asks of the engine. Of Stream's own files.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/stream/stream.hpp"

namespace pcapaudit {

class Stream::Sink final : public RecordSink {
 public:
  explicit Sink(Stream& stream, std::vector<AppRecord>* records = nullptr)
      : stream_(stream), records_(records) {}
  void emit(AppRecord record) override {
    (records_ == nullptr ? stream_.rare().records : *records_).push_back(std::move(record));
  }
  SharedCertificate certificate(Bytes der) override {
    return stream_.shared_->certificates.read(der);
  }
  SharedValues<std::string> list_of(std::string_view wire) override {
    return stream_.shared_->texts.list_of(wire);
  }
  SharedValues<std::uint32_t> list_of(std::uint32_t number) override {
    return stream_.shared_->texts.list_of(number);
  }
  void note_unread(Direction dir, Unread cause, std::string_view why) override {
    const std::size_t side = stream_.side_of(dir);
    stream_.notes(side).hole(cause, stream_.halves_[side].at, why);
  }
  const TlsKeyStore* tls_keys() const override {
    return stream_.depth_ < max_depth ? stream_.shared_->tls_keys.get() : nullptr;
  }
  void inside(Direction dir, Bytes bytes) override {
    stream_.read_inside(stream_.side_of(dir), bytes);
  }
  void inside_lost(Direction dir, std::string_view why) override {
    stream_.lose_inside(stream_.side_of(dir), Unread::gap, why);
  }

 private:
  Stream& stream_;
  std::vector<AppRecord>* records_;  // null: what comes before the end
};

}  // namespace pcapaudit
