// SPDX-License-Identifier: Apache-2.0
// Attachment: what a writer puts beside the bytes of an object and gets back in this process's own
// event (the decoded object). The store knows nothing of it but how to keep it and to tell it its
// revision. It holds any counted pointer in place, without an allocation of its own.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace knarr::store {

class Attachment {
 public:
  Attachment() = default;

  /// Keeps `value`: one pointer wide, copied by counting. When it has a function
  /// `set_resource_version(revision)`, this is called once, after the write is durable and before
  /// anyone is told of it.
  template <typename T>
    requires(!std::same_as<std::remove_cvref_t<T>, Attachment> &&
             sizeof(std::remove_cvref_t<T>) == sizeof(void*) &&
             std::is_nothrow_move_constructible_v<std::remove_cvref_t<T>>)
  Attachment(T&& value)
      : type_(&kType<std::remove_cvref_t<T>>) {  // NOLINT(google-explicit-constructor)
    new (storage_) std::remove_cvref_t<T>(std::forward<T>(value));
  }

  Attachment(const Attachment& other) : type_(other.type_) {
    if (type_ != nullptr) type_->copy(storage_, other.storage_);
  }
  Attachment(Attachment&& other) noexcept : type_(other.type_) {
    if (type_ == nullptr) return;
    type_->move(storage_, other.storage_);
    other.type_ = nullptr;
  }
  Attachment& operator=(Attachment other) noexcept {
    reset();
    new (this) Attachment(std::move(other));
    return *this;
  }
  ~Attachment() { reset(); }

  explicit operator bool() const { return type_ != nullptr; }

  /// What was attached, or nullptr when it is nothing or of another type. Lives as long as this.
  template <typename T>
  [[nodiscard]] const T* as() const {
    return type_ == &kType<T> ? std::launder(reinterpret_cast<const T*>(storage_)) : nullptr;
  }

  /// For the store alone.
  void committed(std::uint64_t revision) {
    if (type_ != nullptr) type_->committed(storage_, revision);
  }

 private:
  struct Type {
    void (*copy)(void* to, const void* from);
    void (*move)(void* to, void* from);  // Destroys `from`.
    void (*destroy)(void* value);
    void (*committed)(void* value, std::uint64_t revision);
  };

  template <typename T>
  static constexpr Type kType{
      [](void* to, const void* from) { new (to) T(*static_cast<const T*>(from)); },
      [](void* to, void* from) {
        new (to) T(std::move(*static_cast<T*>(from)));
        static_cast<T*>(from)->~T();
      },
      [](void* value) { static_cast<T*>(value)->~T(); },
      [](void* value, std::uint64_t revision) {
        if constexpr (requires(T& t) { t.set_resource_version(revision); }) {
          static_cast<T*>(value)->set_resource_version(revision);
        }
      }};

  void reset() {
    if (type_ != nullptr) type_->destroy(storage_);
    type_ = nullptr;
  }

  const Type* type_ = nullptr;
  alignas(void*) unsigned char storage_[sizeof(void*)] = {};
};

}  // namespace knarr::store
