// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 stream, the same for client and server: bytes that came and were not yet read, and
// bytes to send that the peer's window did not yet let out. On the loop's thread.
#pragma once

#include "base/cancel.h"
#include "base/wait_queue.h"
#include "net/http.h"

#include <deque>
#include <memory>

namespace knarr::net {

class Http2Connection;

class Http2Stream {
 public:
  /// `id` is 0 for a stream that submit_request() will open.
  Http2Stream(Http2Connection* connection, std::int32_t id, const CancelToken& parent)
      : connection_(connection), id_(id), closed_(parent) {}
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;
  virtual ~Http2Stream() = default;

  [[nodiscard]] std::int32_t id() const { return id_; }
  /// Called by who interprets the head: fields that follow are trailers.
  void set_head_done() { is_head_done_ = true; }

  /// The next bytes of the peer's body; empty at its end.
  Task<Result<std::string>> read();
  [[nodiscard]] const Headers& trailers() const { return trailers_in_; }
  [[nodiscard]] bool is_input_ended() const { return input_ended_; }

  /// Queues bytes without waiting.
  void queue(Chunk chunk);
  /// Queues bytes; waits while more than a bounded amount is queued.
  Task<Result<>> write(Chunk chunk);
  /// No more bytes follow. Trailers' names are lowered.
  void end_output(Headers trailers);
  [[nodiscard]] bool is_output_ended() const { return output_ended_; }
  /// Sends RST_STREAM.
  void reset(std::uint32_t error_code);

  /// Cancelled when the stream ends before its output did, or with its connection.
  [[nodiscard]] CancelToken closed() const { return closed_.token(); }
  void cancel() { closed_.cancel(); }
  /// The peer surely did nothing about the stream (RFC 9113 8.7).
  [[nodiscard]] bool is_refused() const { return refused_; }
  [[nodiscard]] bool is_closed() const { return connection_ == nullptr; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 protected:
  friend class Http2Connection;

  /// Something about the stream changed that a derived class may wait for.
  virtual void changed() {}

  Http2Connection* connection_;  // nullptr once the stream is closed.
  std::int32_t id_;
  CancelSource closed_;
  Headers trailers_in_;
  bool is_head_done_ = false;
  std::size_t header_bytes_ = 0;  // Of the head or trailers being received.

 private:
  void received(std::string_view bytes);
  void end_input();
  void on_closed(Error error, bool clean);
  /// Copies what fits; called when the connection makes a DATA frame.
  std::size_t take_output(char* buffer, std::size_t size);

  std::string input_;
  bool input_ended_ = false;
  bool refused_ = false;
  std::optional<Error> failure_;
  WaitQueue readers_;

  std::deque<Chunk> output_;
  std::size_t output_bytes_ = 0;
  bool output_ended_ = false;
  bool output_deferred_ = false;  // nghttp2 waits for nghttp2_session_resume_data.
  Headers trailers_out_;
  WaitQueue writers_;
};

}  // namespace knarr::net
