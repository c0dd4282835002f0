// SPDX-License-Identifier: Apache-2.0
// Cells of access rules, admission policies, certificates and flow control.
// Source: k8s.io/kubernetes/pkg/printers/internalversion; k8s-api printer-columns notes.
#include "api/label_selector.h"
#include "apiserver/table/cells.h"

#include <fmt/core.h>

namespace knarr::apiserver::cells {

using object::Value;

namespace {

void binding_role(std::string& out, const Input& in) {
  const Value role = in.object["roleRef"];
  put_text(out, fmt::format("{}/{}", role["kind"].as_string(), role["name"].as_string()));
}

void put_subjects(std::string& out, const Input& in, std::string_view kind) {
  Joined joined(", ");
  for (Value subject : in.object["subjects"].items()) {
    if (subject["kind"].as_string() != kind) continue;
    const std::string_view name = subject["name"].as_string();
    if (kind == "ServiceAccount") {
      joined.add(fmt::format("{}/{}", subject["namespace"].as_string(), name));
    } else {
      joined.add(name);
    }
  }
  put_text(out, joined.text());
}

void binding_users(std::string& out, const Input& in) {
  put_subjects(out, in, "User");
}

void binding_groups(std::string& out, const Input& in) {
  put_subjects(out, in, "Group");
}

void binding_service_accounts(std::string& out, const Input& in) {
  put_subjects(out, in, "ServiceAccount");
}

void policy_param_kind(std::string& out, const Input& in) {
  const Value kind = in.object["spec"]["paramKind"];
  put_text(out, kind ? fmt::format("{}/{}", kind["apiVersion"].as_string(), kind["kind"].as_string())
                     : "<unset>");
}

void policy_param_ref(std::string& out, const Input& in) {
  const Value param = in.object["spec"]["paramRef"];
  if (!param) {
    put_text(out, "<unset>");
    return;
  }
  const std::string_view name = param["name"].as_string();
  if (name.empty() && param["selector"]) {
    const auto selector = api::LabelSelector::from_selector(param["selector"]);
    put_text(out, selector ? selector->text() : "<error>");
    return;
  }
  put_text(out, fmt::format("{}/{}", param["namespace"].as_string("*"), name));
}

void csr_duration(std::string& out, const Input& in) {
  const Value seconds = in.object["spec"]["expirationSeconds"];
  put_text(out, seconds.is_int() ? duration_text(std::chrono::seconds(seconds.as_int())) : "<none>");
}

void csr_condition(std::string& out, const Input& in) {
  std::string text = "Pending";
  if (find_condition(in.object, "Denied")) {
    text = "Denied";
  } else if (find_condition(in.object, "Approved")) {
    text = "Approved";
  }
  if (find_condition(in.object, "Failed")) text += ",Failed";
  if (!in.object["status"]["certificate"].as_string().empty()) text += ",Issued";
  put_text(out, text);
}

void flow_schema_missing_level(std::string& out, const Input& in) {
  put_text(out, find_condition(in.object, "Dangling")["status"].as_string("?"));
}

constexpr NamedHook kHooks[] = {
    {"binding_groups", binding_groups},
    {"binding_role", binding_role},
    {"binding_service_accounts", binding_service_accounts},
    {"binding_users", binding_users},
    {"csr_condition", csr_condition},
    {"csr_duration", csr_duration},
    {"flow_schema_missing_level", flow_schema_missing_level},
    {"policy_param_kind", policy_param_kind},
    {"policy_param_ref", policy_param_ref},
};

}  // namespace

std::span<const NamedHook> policy_hooks() {
  return kHooks;
}

}  // namespace knarr::apiserver::cells
