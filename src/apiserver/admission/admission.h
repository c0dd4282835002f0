// SPDX-License-Identifier: Apache-2.0
// Admission: plug-ins that may change or refuse a write, in a fixed order (chain.cc). Mutating ones
// see the draft before the kind's own preparation and validation; validating ones the frozen
// object. Nothing is edited in place: a conflict re-runs them on a fresh draft (DESIGN section 2).
#pragma once

#include "auth/user.h"
#include "base/result.h"
#include "base/task.h"
#include "object/document.h"
#include "object/draft.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

enum class Operation : std::uint8_t { Create, Update, Delete, Connect };

std::string_view to_string(Operation operation);  // "CREATE", ...

/// What is being admitted. Lives in the write path's frame while the chain runs.
struct AdmissionRequest {
  Operation operation = Operation::Create;
  std::string group;  // Of the stored resource.
  std::string version;
  std::string resource;
  std::string subresource;
  std::string kind;
  std::string namespace_;
  std::string name;  // May be empty on creation with generateName.
  const auth::User* user = nullptr;
  bool dry_run = false;
  object::Draft* draft = nullptr;  // Mutating: the object; null on Delete.
  object::Document object;         // Validating: the object; empty on Delete.
  object::Document old_object;     // Update, Delete.
  std::vector<std::string>* warnings = nullptr;

  [[nodiscard]] bool is(std::string_view g, std::string_view r) const {
    return group == g && resource == r;
  }
};

/// The 403 of a plug-in: `pods "p" is forbidden: <why>`. An object that has no name yet is told by
/// its generateName.
Error admission_refusal(const AdmissionRequest& request, std::string_view why);

class AdmissionPlugin {
 public:
  virtual ~AdmissionPlugin() = default;
  /// Kubernetes' name: "NamespaceLifecycle".
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Changes request->draft or refuses. Errors: Forbidden mostly; the message goes to the user.
  virtual Task<Result<>> mutate(AdmissionRequest* request);
  virtual Task<Result<>> validate(AdmissionRequest* request);
};

/// The plug-ins in order.
class AdmissionChain {
 public:
  void add(std::unique_ptr<AdmissionPlugin> plugin) { plugins_.push_back(std::move(plugin)); }
  Task<Result<>> mutate(AdmissionRequest* request);
  Task<Result<>> validate(AdmissionRequest* request);

 private:
  std::vector<std::unique_ptr<AdmissionPlugin>> plugins_;
};

}  // namespace knarr::apiserver
