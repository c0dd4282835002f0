// SPDX-License-Identifier: Apache-2.0
// UniqueFunction: a callable that is moved, never copied, so that it may own what it captures.
#pragma once

#include <functional>

namespace knarr {

template <typename Signature>
using UniqueFunction = std::move_only_function<Signature>;

}  // namespace knarr
