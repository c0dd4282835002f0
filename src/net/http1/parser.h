// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.x message being parsed, request or response, by Boost.Beast's basic_parser (parser.cc
// alone includes it). Fed with bytes as they come; never recursive, bounded by `limits`.
#pragma once

#include "net/http.h"

#include <memory>

namespace knarr::net {

class Http1Parser {
 public:
  enum class Kind : std::uint8_t { Request, Response };

  struct Head {
    HttpVersion version = HttpVersion::Http11;
    std::string method;  // Of a request.
    std::string target;
    int status = 0;  // Of a response.
    Headers headers;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool keep_alive = false;
  };

  Http1Parser(Kind kind, std::uint32_t max_header_bytes);
  ~Http1Parser();
  Http1Parser(const Http1Parser&) = delete;
  Http1Parser& operator=(const Http1Parser&) = delete;

  /// Parses what it can; gives how many bytes it used up. The rest is to be given again, with more
  /// behind it. Errors: BadRequest; RequestEntityTooLarge (the head is).
  Result<std::size_t> feed(std::string_view bytes);
  /// The connection ended: fine for a body without a length, an error (BadRequest) inside a
  /// message.
  Result<> feed_end();
  /// Of a response to HEAD or CONNECT: no body follows, whatever the head says. Before feed().
  void expect_no_body();

  [[nodiscard]] bool is_head_done() const;
  [[nodiscard]] bool is_done() const;
  /// After is_head_done().
  [[nodiscard]] Head& head();
  /// Body bytes parsed so far and not yet taken.
  [[nodiscard]] std::string take_body();
  [[nodiscard]] std::size_t body_size() const;
  [[nodiscard]] const Headers& trailers() const;

 private:
  class Machine;
  template <bool kIsRequest>
  class BeastMachine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace knarr::net
