// SPDX-License-Identifier: Apache-2.0
#include "net/http2/stream.h"

#include "net/http2/connection.h"

#include <cstring>

#include <nghttp2/nghttp2.h>

namespace knarr::net {
namespace {

constexpr std::size_t kHighWaterBytes = std::size_t{64} << 10;

}  // namespace

Task<Result<std::string>> Http2Stream::read() {
  CO_TRY(co_await readers_.wait([this] { return !input_.empty() || input_ended_ || failure_; }));
  if (!input_.empty()) {
    std::string bytes = std::exchange(input_, {});
    if (connection_ != nullptr) connection_->consumed(id_, bytes.size());
    co_return bytes;
  }
  if (input_ended_) co_return std::string();
  co_return *failure_;
}

Task<Result<>> Http2Stream::write(Chunk chunk) {
  if (failure_) co_return *failure_;
  if (connection_ == nullptr) co_return closed_error();
  if (output_ended_) co_return Error(Reason::InternalError, "write after the end of the stream");
  queue(std::move(chunk));
  if (output_bytes_ <= kHighWaterBytes) co_return ok();
  CO_TRY(co_await writers_.wait(
      [this] { return output_bytes_ <= kHighWaterBytes || connection_ == nullptr; }));
  if (failure_) co_return *failure_;
  co_return ok();
}

void Http2Stream::queue(Chunk chunk) {
  if (chunk.empty() || connection_ == nullptr) return;
  output_bytes_ += chunk.size();
  output_.push_back(std::move(chunk));
  connection_->resume(*this);
}

void Http2Stream::end_output(Headers trailers) {
  if (output_ended_) return;
  output_ended_ = true;
  trailers_out_ = std::move(trailers);
  if (connection_ != nullptr) connection_->resume(*this);
}

void Http2Stream::reset(std::uint32_t error_code) {
  if (connection_ == nullptr) return;
  nghttp2_submit_rst_stream(connection_->session(), NGHTTP2_FLAG_NONE, id_, error_code);
  connection_->wake_writer();
}

void Http2Stream::received(std::string_view bytes) {
  input_ += bytes;
  readers_.wake_all();
}

void Http2Stream::end_input() {
  input_ended_ = true;
  readers_.wake_all();
  changed();
}

void Http2Stream::on_closed(Error error, bool clean) {
  if (connection_ != nullptr && !input_.empty()) {
    nghttp2_session_consume_connection(connection_->session(), input_.size());
  }
  connection_ = nullptr;
  if (!clean || !input_ended_) failure_.emplace(std::move(error));
  output_.clear();
  output_bytes_ = 0;
  readers_.wake_all();
  writers_.wake_all();
  changed();
  if (!clean) closed_.cancel();
}

std::size_t Http2Stream::take_output(char* buffer, std::size_t size) {
  std::size_t total = 0;
  while (total < size && !output_.empty()) {
    Chunk& first = output_.front();
    const std::size_t count = std::min(size - total, first.size());
    std::memcpy(buffer + total, first.bytes().data(), count);
    total += count;
    first.remove_prefix(count);
    if (first.empty()) output_.pop_front();
  }
  const bool was_high = output_bytes_ > kHighWaterBytes;
  output_bytes_ -= total;
  if (was_high && output_bytes_ <= kHighWaterBytes) writers_.wake_all();
  return total;
}

}  // namespace knarr::net
