// SPDX-License-Identifier: Apache-2.0
// An HTTP/2 connection on nghttp2, the part that client and server have in common: the session, its
// reading and writing loops, windows, and the streams by number. On the loop's thread.
#pragma once

#include "base/wait_queue.h"
#include "net/http2/stream.h"

#include <span>
#include <unordered_map>

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace knarr::net {

/// Names and values for nghttp2, which wants names in lower case. Fields that HTTP/2 forbids are
/// left out (BEHAVIOURS 5; RFC 9113 8.2.2).
class Http2Fields {
 public:
  void add(std::string_view name, std::string_view value);
  void add_all(const Headers& headers);
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

class Http2Connection {
 public:
  struct Settings {
    std::uint32_t max_streams = 250;
    std::uint32_t stream_window_bytes = 256U << 10;
    std::uint32_t connection_window_bytes = 25U << 20;
    std::uint32_t max_header_bytes = 1U << 20;
  };

  Http2Connection(Stream& stream, bool is_server, const Settings& settings);
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;
  virtual ~Http2Connection();

  /// Reads and writes until the connection ends, then fails what streams are left. `received`:
  /// bytes read already.
  Task<> run_session(std::string received);
  /// Sends GOAWAY; the connection ends after the last stream.
  void go_away();
  /// Answers a request; without a body the head ends the stream. Server side.
  void submit_response(Http2Stream& stream, const Http2Fields& fields, bool has_body);
  /// Opens `stream` and adds it. Client side. Errors: ServiceUnavailable (no stream ids are left).
  Result<> submit_request(const std::shared_ptr<Http2Stream>& stream, const Http2Fields& fields,
                          bool has_body);
  /// Something was submitted to the session: the writing loop sends it.
  void wake_writer();

  [[nodiscard]] nghttp2_session* session() const { return session_; }
  [[nodiscard]] std::size_t stream_count() const { return streams_.size(); }
  /// The peer has sent GOAWAY or we have, or it is over.
  [[nodiscard]] bool is_going_away() const { return going_away_; }

 protected:
  friend class Http2Stream;
  struct Callbacks;

  // What a side does with what comes in. The stream given is one it added.
  virtual void on_request_begin(std::int32_t /*id*/) {}
  virtual void on_header(Http2Stream& stream, std::string_view name, std::string_view value) = 0;
  virtual void on_head_end(Http2Stream& stream) = 0;
  virtual void on_headers_too_large(Http2Stream& stream) = 0;
  virtual void on_stream_removed() {}
  virtual void on_go_away() {}

  void add_stream(const std::shared_ptr<Http2Stream>& stream);
  [[nodiscard]] std::shared_ptr<Http2Stream> find(std::int32_t id) const;

  Stream& stream_;
  const Settings settings_;
  const bool is_server_;

 private:
  Task<> read_loop(std::string received);
  Task<> write_loop();
  Task<Result<>> flush();
  bool feed(std::string_view bytes);
  void remove_stream(std::int32_t id, std::uint32_t error_code);
  void fail_streams();
  void consumed(std::int32_t id, std::size_t bytes);
  void resume(Http2Stream& stream);

  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::shared_ptr<Http2Stream>> streams_;
  WaitQueue work_;
  bool write_wanted_ = false;
  bool ending_ = false;
  bool going_away_ = false;
};

}  // namespace knarr::net
