// SPDX-License-Identifier: Apache-2.0
// Inside of managed fields: the entries of managedFields as values.
#pragma once

#include "base/result.h"
#include "object/document.h"
#include "object/draft.h"
#include "schema/patch/compare.h"
#include "schema/patch/field_set.h"
#include "schema/patch/managed_fields.h"

#include <string>
#include <vector>

namespace knarr::schema {

/// One entry. What it is identified by: manager, operation, subresource and, for updates, version.
struct Manager {
  std::string name;
  bool applied = false;
  std::string api_version;
  std::string subresource;
  std::string time;  // "" for none.
  FieldSet fields;

  [[nodiscard]] bool same(const Manager& other) const;
  /// As conflicts name it: `"kubectl"`, `"x" with subresource "status" using apps/v1`.
  [[nodiscard]] std::string shown() const;
};

class Managers {
 public:
  /// Errors: BadRequest for what is no list of entries.
  static Result<Managers> decode(object::Value entries);
  static Result<Managers> decode(object::NodeRef entries);

  std::vector<Manager> list;

  [[nodiscard]] Manager* find(const Manager& like);
  Manager& ensure(const Manager& like);
  void drop_empty();
  /// Takes what changed from all but `keep`: it is theirs no more. Empty ones go.
  void give_up(const Comparison& change, const Manager* keep);
  /// More than ten updaters: the oldest fold into "ancient-changes".
  void cap();
  /// Writes the list, in Kubernetes' order, into metadata of `object`; none when empty.
  void encode(object::NodeRef object);
};

/// The account of an update without the wire form around it.
void account_update(Managers& managers, Comparison change, const ManagerInfo& info);

}  // namespace knarr::schema
