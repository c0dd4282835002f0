// SPDX-License-Identifier: Apache-2.0
// Inside of strategic merge: what maps and lists share. Recursion is as deep as the patch, which the
// JSON reader bounds.
#pragma once

#include "base/result.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <string>
#include <string_view>

namespace knarr::schema::strategic {

inline constexpr std::string_view kSetOrder = "$setElementOrder";
inline constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList";

/// How one member of a map merges.
struct Member {
  object::Type type;
  bool merges = false;
  bool replaces = false;
  std::string_view merge_key;
};

/// Errors: BadRequest for a key that the type does not have.
Result<Member> find_member(object::Type type, std::string_view key);

Result<> merge_map(object::NodeRef original, object::NodeRef patch, object::Type type);
/// Merges a list into another; `delete_list`: takes its scalars away.
Result<> merge_list(object::NodeRef original, object::NodeRef patch, const Member& member,
                    bool delete_list);
/// The same (`patch` may be missing) and then puts the elements that `order` names in its order.
/// `had_original`: the list was there before the patch.
Result<> merge_in_order(object::NodeRef original, bool had_original, object::NodeRef patch,
                        object::NodeRef order, const Member& member);

/// Takes nulls out of maps, here and below.
void drop_nulls(object::NodeRef node);
/// Takes directives out, here and below; false when the node itself is to be deleted.
bool drop_directives(object::NodeRef node);

Error bad(std::string message);
Error unknown_directive(object::NodeRef directive, object::NodeRef map);

}  // namespace knarr::schema::strategic
