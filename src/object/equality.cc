// SPDX-License-Identifier: Apache-2.0
// One comparison for frozen and mutable trees. Recursion is bounded by the codecs' depth limit.
#include "object/equality.h"

namespace knarr::object {
namespace {

template <typename A, typename B>
bool same(A a, B b) {
  if (a.exists() != b.exists()) return false;
  const bool numbers = (a.kind() == Kind::Int || a.kind() == Kind::Double) &&
                       (b.kind() == Kind::Int || b.kind() == Kind::Double);
  if (numbers && a.kind() != b.kind()) return a.as_double() == b.as_double();
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::Null: return true;
    case Kind::Bool: return a.as_bool() == b.as_bool();
    case Kind::Int: return a.as_int() == b.as_int();
    case Kind::Double: return a.as_double() == b.as_double();
    case Kind::String: return a.as_string() == b.as_string();
    case Kind::Raw: return a.as_raw() == b.as_raw();
    case Kind::List:
      if (a.size() != b.size()) return false;
      for (std::size_t i = 0; i < a.size(); ++i) {
        if (!same(a.at(i), b.at(i))) return false;
      }
      return true;
    case Kind::Map:
      if (a.size() != b.size()) return false;
      for (auto [key, atom, child] : a.entries()) {
        if (!same(child, atom ? b[atom] : b[key])) return false;
      }
      return true;
  }
  return false;
}

}  // namespace

bool equal(Value a, Value b) { return same(a, b); }
bool equal(NodeRef a, NodeRef b) { return same(a, b); }
bool equal(Value a, NodeRef b) { return same(a, b); }

}  // namespace knarr::object
