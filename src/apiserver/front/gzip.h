// SPDX-License-Identifier: Apache-2.0
// gzip of replies, in pieces (RFC 1952). Level 1: as Kubernetes, speed over size.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace knarr::apiserver {

class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  /// Appends what is ready of the compressed form.
  void add(std::string& out, std::string_view bytes);
  void finish(std::string& out);

 private:
  void run(std::string& out, std::string_view bytes, int flush);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::apiserver
