// SPDX-License-Identifier: Apache-2.0
// What the generated typed views (gen/api/core_v1.h ...) are made of. A view reads a document in
// place: nothing is parsed or copied, a missing field reads as empty, zero or false. Nested views,
// lists, maps and texts borrow from the document; only whole objects (Pod, Node) hold it.
#pragma once

#include "object/document.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace knarr::api {

/// A borrowed view of a struct; false when the field is missing.
class View {
 public:
  View() = default;
  explicit View(object::Value value) : value_(value) {}
  explicit operator bool() const { return value_.exists(); }
  [[nodiscard]] object::Value as_value() const { return value_; }

 protected:
  [[nodiscard]] object::Value at(object::Atom name) const { return value_[name]; }

 private:
  object::Value value_;
};

/// A view of a whole object. Made from a document, it holds it and may be kept; made from a value
/// (an item of a list), it borrows as any other view.
class ObjectView {
 public:
  ObjectView() = default;
  explicit ObjectView(object::Document document)
      : document_(std::move(document)), value_(document_.root()) {}
  explicit ObjectView(object::Value value) : value_(value) {}
  explicit operator bool() const { return value_.exists(); }
  [[nodiscard]] const object::Document& document() const { return document_; }
  [[nodiscard]] object::Value as_value() const { return value_; }

 protected:
  [[nodiscard]] object::Value at(object::Atom name) const { return value_[name]; }

 private:
  object::Document document_;
  object::Value value_;
};

/// Reads a value as a C++ type: a scalar, a text or a view.
template <typename T>
T read_as(object::Value value) {
  if constexpr (std::is_same_v<T, object::Value>) {
    return value;
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return value.as_string();
  } else if constexpr (std::is_same_v<T, bool>) {
    return value.as_bool();
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(value.as_int());
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value.as_double());
  } else {
    return T(value);
  }
}

/// A borrowed list: `for (const auto container : pod.spec().containers())`. Index within bounds.
template <typename T>
class ListOf {
 public:
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(object::ListRange::Iterator at) : at_(at) {}
    T operator*() const { return read_as<T>(*at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    object::ListRange::Iterator at_;
  };

  ListOf() = default;
  explicit ListOf(object::Value value) : value_(value) {}
  explicit operator bool() const { return value_.exists(); }
  [[nodiscard]] object::Value as_value() const { return value_; }
  [[nodiscard]] std::size_t size() const { return value_.size(); }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] T operator[](std::size_t index) const { return read_as<T>(value_.at(index)); }
  [[nodiscard]] Iterator begin() const { return Iterator(value_.items().begin()); }
  [[nodiscard]] Iterator end() const { return Iterator(value_.items().end()); }
  /// True when one of the entries equals `wanted`; for lists of scalars and texts.
  [[nodiscard]] bool contains(T wanted) const {
    for (const T entry : *this) {
      if (entry == wanted) return true;
    }
    return false;
  }

 private:
  object::Value value_;
};

/// A borrowed map with text keys: `for (const auto [key, value] : pod.metadata().labels())`.
template <typename T>
class MapOf {
 public:
  struct Item {
    std::string_view key;
    T value;
  };
  class Iterator {
   public:
    explicit Iterator(object::MapRange::Iterator at) : at_(at) {}
    Item operator*() const {
      const object::MapItem item = *at_;
      return {item.key, read_as<T>(item.value)};
    }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    object::MapRange::Iterator at_;
  };

  MapOf() = default;
  explicit MapOf(object::Value value) : value_(value) {}
  explicit operator bool() const { return value_.exists(); }
  [[nodiscard]] object::Value as_value() const { return value_; }
  [[nodiscard]] std::size_t size() const { return value_.size(); }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] bool contains(std::string_view key) const { return value_[key].exists(); }
  /// The value of a key; empty, zero or false without it.
  [[nodiscard]] T operator[](std::string_view key) const { return read_as<T>(value_[key]); }
  [[nodiscard]] Iterator begin() const { return Iterator(value_.entries().begin()); }
  [[nodiscard]] Iterator end() const { return Iterator(value_.entries().end()); }

 private:
  object::Value value_;
};

}  // namespace knarr::api
