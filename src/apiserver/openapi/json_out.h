// SPDX-License-Identifier: Apache-2.0
// Writes JSON text piece by piece; commas come by themselves. For documents too large to be kept as
// trees.
#pragma once

#include "codec/json.h"

#include <string>
#include <string_view>

namespace knarr::apiserver::openapi {

class JsonOut {
 public:
  explicit JsonOut(std::string& out) : out_(out) {}

  void open_map() {
    comma();
    out_ += '{';
  }
  void close_map() { out_ += '}'; }
  void open_list() {
    comma();
    out_ += '[';
  }
  void close_list() { out_ += ']'; }
  void key(std::string_view name) {
    comma();
    codec::write_json_string(out_, name);
    out_ += ':';
  }
  void text(std::string_view value) {
    comma();
    codec::write_json_string(out_, value);
  }
  /// Any JSON text.
  void raw(std::string_view json) {
    comma();
    out_ += json;
  }
  void field(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void open_map(std::string_view name) {
    key(name);
    out_ += '{';
  }
  void open_list(std::string_view name) {
    key(name);
    out_ += '[';
  }

 private:
  void comma() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':' && last != ',') out_ += ',';
  }

  std::string& out_;
};

}  // namespace knarr::apiserver::openapi
