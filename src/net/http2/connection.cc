// SPDX-License-Identifier: Apache-2.0
// The session's loops and callbacks. nghttp2 checks the protocol (pseudo headers, lengths, state,
// floods of pings, settings and resets); we bound header lists and bodies.
#include "net/http2/connection.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>
#include <nghttp2/nghttp2.h>

// Not in every release: Debian and Ubuntu have it as a security fix. Absent means unlimited.
extern "C" [[gnu::weak]] void nghttp2_option_set_max_continuations(nghttp2_option* option,
                                                                   size_t val);

namespace knarr::net {
namespace {

// A frame of nghttp2's that we cannot split: its default payload and the frame head.
constexpr std::size_t kMaxFrameBytes = 16384 + 9;
// What we take in one frame, as Go's server.
constexpr std::uint32_t kMaxReadFrameBytes = 1U << 20;
constexpr std::chrono::seconds kFarewellTime{1};

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(
      const_cast<char*>(text.data()));  // NOLINT: nghttp2 does not write.
}

std::vector<nghttp2_nv> native(const Http2Fields& fields) {
  std::vector<nghttp2_nv> native;
  native.reserve(fields.fields().size());
  for (const auto& [name, value] : fields.fields()) {
    native.push_back(
        {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return native;
}

}  // namespace

struct Http2Connection::Callbacks {
  static Http2Connection& self(void* user) { return *static_cast<Http2Connection*>(user); }

  static int begin_headers(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      self(user).on_request_begin(frame->hd.stream_id);
    if (const auto stream = self(user).find(frame->hd.stream_id)) stream->header_bytes_ = 0;
    return 0;
  }

  static int header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                    const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                    std::size_t value_size, std::uint8_t /*flags*/, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    const auto stream = self(user).find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const std::size_t before = stream->header_bytes_;
    stream->header_bytes_ += name_size + value_size + 32;  // RFC 9113 10.5.1
    const std::size_t limit = self(user).settings_.max_header_bytes;
    if (stream->header_bytes_ > limit) {
      if (before <= limit) self(user).on_headers_too_large(*stream);
      return 0;
    }
    const std::string_view field_name(reinterpret_cast<const char*>(name), name_size);
    const std::string_view field_value(reinterpret_cast<const char*>(value), value_size);
    if (stream->is_head_done_) {
      stream->trailers_in_.add(field_name, field_value);
    } else {
      self(user).on_header(*stream, field_name, field_value);
    }
    return 0;
  }

  static int frame_received(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
    Http2Connection& connection = self(user);
    const bool ends_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (const auto stream = connection.find(frame->hd.stream_id)) {
          if (ends_stream) stream->end_input();
          if (!stream->is_head_done_) connection.on_head_end(*stream);
        }
        break;
      case NGHTTP2_DATA:
        if (!ends_stream) break;
        if (const auto stream = connection.find(frame->hd.stream_id)) stream->end_input();
        break;
      case NGHTTP2_GOAWAY:
        connection.going_away_ = true;
        connection.on_go_away();
        break;
      default:
        break;
    }
    return 0;
  }

  static int data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t size, void* user) {
    if (const auto stream = self(user).find(id)) {
      stream->received({reinterpret_cast<const char*>(bytes), size});
    } else {
      nghttp2_session_consume_connection(session, size);
    }
    return 0;
  }

  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!may_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 || !self(user).is_server_)
      return 0;
    // The answer is complete; the rest of the request is of no interest (RFC 9113 8.1).
    const auto stream = self(user).find(frame->hd.stream_id);
    if (stream != nullptr && !stream->is_input_ended()) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id(), NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static int stream_closed(nghttp2_session* /*session*/, std::int32_t id, std::uint32_t code,
                           void* user) {
    self(user).remove_stream(id, code);
    return 0;
  }

  static ssize_t read_output(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                             void* /*user*/) {
    auto& stream = *static_cast<Http2Stream*>(source->ptr);
    const std::size_t count = stream.take_output(reinterpret_cast<char*>(buffer), size);
    if (!stream.output_.empty()) return static_cast<ssize_t>(count);
    if (stream.output_ended_) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!stream.trailers_out_.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        Http2Fields fields;
        fields.add_all(stream.trailers_out_);
        const std::vector<nghttp2_nv> trailers = native(fields);
        nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
      }
      return static_cast<ssize_t>(count);
    }
    if (count > 0) return static_cast<ssize_t>(count);
    stream.output_deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
};

Http2Connection::Http2Connection(Stream& stream, bool is_server, const Settings& settings)
    : stream_(stream), settings_(settings), is_server_(is_server) {
  nghttp2_session_callbacks* callbacks = nullptr;
  CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame_received);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::frame_sent);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::stream_closed);
  nghttp2_option* option = nullptr;
  CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);  // Windows open as bodies are read.
  nghttp2_option_set_max_send_header_block_length(option, settings.max_header_bytes);
  nghttp2_option_set_no_closed_streams(option, 1);
  if (nghttp2_option_set_max_continuations != nullptr) {  // Enough for the largest head we take.
    nghttp2_option_set_max_continuations(option, settings.max_header_bytes / 16384 + 8);
  }
  const int made = is_server ? nghttp2_session_server_new2(&session_, callbacks, this, option)
                             : nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  CHECK(made == 0);

  std::vector<nghttp2_settings_entry> entries = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kMaxReadFrameBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.max_header_bytes}};
  if (is_server) {
    entries.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.max_streams});
  } else {
    entries.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), entries.size());
  nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(settings.connection_window_bytes));
  write_wanted_ = true;
}

Http2Connection::~Http2Connection() {
  fail_streams();
  nghttp2_session_del(session_);
}

Task<> Http2Connection::run_session(std::string received) {
  co_await all(read_loop(std::move(received)), write_loop());
  fail_streams();
}

bool Http2Connection::feed(std::string_view bytes) {
  const ssize_t used = nghttp2_session_mem_recv(session_, bytes_of(bytes), bytes.size());
  wake_writer();
  return used == static_cast<ssize_t>(bytes.size());
}

Task<> Http2Connection::read_loop(std::string received) {
  bool good = received.empty() || feed(received);
  while (good &&
         (nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0)) {
    const std::span<char> buffer = scratch_buffer();
    const auto got = stream_.try_read(buffer);
    if (!got || (got->has_value() && **got == 0)) {
      stream_.close();  // Nobody is left to write to.
      break;
    }
    if (got->has_value()) {
      good = feed({buffer.data(), **got});
      co_await yield();  // Handlers and the writer get their turn before the next read.
    } else if (!co_await stream_.readable()) {
      break;
    }
  }
  ending_ = true;
  going_away_ = true;
  work_.wake_all();
}

void Http2Connection::wake_writer() {
  if (std::exchange(write_wanted_, true)) return;
  work_.wake_all();
}

Task<> Http2Connection::write_loop() {
  while (true) {
    if (!co_await work_.wait([this] { return write_wanted_ || ending_; })) break;
    write_wanted_ = false;
    if (!co_await flush()) break;
    if (ending_) break;
    if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0)
      break;
  }
  ending_ = true;
  going_away_ = true;
  // A clean end: the peer sees all we sent, and its bytes still under way do no harm.
  (void)co_await with_deadline(stream_.loop(), kFarewellTime, stream_.shutdown_write());
  stream_.close();
}

Task<Result<>> Http2Connection::flush() {
  while (true) {
    const std::span<char> buffer = scratch_buffer();
    std::size_t size = 0;
    std::string oversized;
    while (oversized.empty() && buffer.size() - size >= kMaxFrameBytes) {
      const std::uint8_t* frame = nullptr;
      const ssize_t count = nghttp2_session_mem_send(session_, &frame);
      if (count < 0)
        co_return Error(Reason::ServiceUnavailable, nghttp2_strerror(static_cast<int>(count)));
      if (count == 0) break;
      const std::string_view bytes(reinterpret_cast<const char*>(frame),
                                   static_cast<std::size_t>(count));
      if (bytes.size() > buffer.size() - size) {
        oversized = bytes;
      } else {
        std::memcpy(buffer.data() + size, bytes.data(), bytes.size());
        size += bytes.size();
      }
    }
    if (size == 0 && oversized.empty()) co_return ok();
    const std::string_view ready(buffer.data(), size);
    const std::size_t sent = CO_TRY(stream_.try_write(ready));
    const std::string rest = std::string(ready.substr(sent)) + oversized;
    if (!rest.empty()) CO_TRY(co_await stream_.write(rest));
  }
}

void Http2Connection::go_away() {
  if (std::exchange(going_away_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  wake_writer();
}

void Http2Connection::add_stream(const std::shared_ptr<Http2Stream>& stream) {
  streams_[stream->id()] = stream;
}

std::shared_ptr<Http2Stream> Http2Connection::find(std::int32_t id) const {
  const auto found = streams_.find(id);
  return found != streams_.end() ? found->second : nullptr;
}

void Http2Connection::remove_stream(std::int32_t id, std::uint32_t error_code) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::shared_ptr<Http2Stream> stream = std::move(found->second);
  streams_.erase(found);
  const bool clean = error_code == NGHTTP2_NO_ERROR && stream->output_ended_;
  stream->refused_ = error_code == NGHTTP2_REFUSED_STREAM;
  stream->on_closed(Error(Reason::ServiceUnavailable,
                          fmt::format("stream error: {}", nghttp2_http2_strerror(error_code))),
                    clean);
  on_stream_removed();
}

void Http2Connection::fail_streams() {
  while (!streams_.empty()) {
    const std::shared_ptr<Http2Stream> stream = std::move(streams_.begin()->second);
    streams_.erase(streams_.begin());
    stream->on_closed(Error(Reason::ServiceUnavailable, "http2: connection lost"), false);
  }
}

void Http2Connection::consumed(std::int32_t id, std::size_t bytes) {
  nghttp2_session_consume(session_, id, bytes);
  wake_writer();
}

void Http2Connection::resume(Http2Stream& stream) {
  if (std::exchange(stream.output_deferred_, false))
    nghttp2_session_resume_data(session_, stream.id());
  wake_writer();
}

void Http2Fields::add(std::string_view name, std::string_view value) {
  std::string lowered(name);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  std::string clean(value);
  for (char& c : clean) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  fields_.emplace_back(std::move(lowered), std::move(clean));
}

void Http2Fields::add_all(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    bool forbidden = false;
    for (const char* hop :
         {"Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "Host"}) {
      forbidden = forbidden || equal_fold(name, hop);
    }
    if (!forbidden) add(name, value);
  }
}

void Http2Connection::submit_response(Http2Stream& stream, const Http2Fields& fields,
                                      bool has_body) {
  const std::vector<nghttp2_nv> values = native(fields);
  const nghttp2_data_provider provider{{.ptr = &stream}, Callbacks::read_output};
  nghttp2_submit_response(session_, stream.id(), values.data(), values.size(),
                          has_body ? &provider : nullptr);
  wake_writer();
}

Result<> Http2Connection::submit_request(const std::shared_ptr<Http2Stream>& stream,
                                         const Http2Fields& fields, bool has_body) {
  const std::vector<nghttp2_nv> values = native(fields);
  const nghttp2_data_provider provider{{.ptr = stream.get()}, Callbacks::read_output};
  const std::int32_t id = nghttp2_submit_request(session_, nullptr, values.data(), values.size(),
                                                 has_body ? &provider : nullptr, nullptr);
  if (id < 0)
    return Error(Reason::ServiceUnavailable, fmt::format("http2: {}", nghttp2_strerror(id)));
  stream->id_ = id;
  add_stream(stream);
  wake_writer();
  return ok();
}

}  // namespace knarr::net
