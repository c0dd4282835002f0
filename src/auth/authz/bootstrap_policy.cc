// SPDX-License-Identifier: Apache-2.0
// Reads the policy notation. One object begins at a line without indentation, its rules follow:
//
//   clusterrole NAME [to:X]... [from:X]   to: labelled aggregate-to-X; from: gathers what is so
//   labelled role NAMESPACE NAME controller NAME                       ClusterRole
//   system:controller:NAME, bound to the service
//                                         account kube-system/NAME
//   clusterbinding NAME CLUSTERROLE SUBJECT...
//   binding NAMESPACE NAME role|clusterrole ROLE SUBJECT...
//
//     VERBS GROUPS RESOURCES [NAMES]      rules; lists with commas, `core` is the empty group
//     VERBS url PATHS
//     EVENTS                              to write events
//
// VERBS may be READ, WRITE or ALL. A SUBJECT is user:NAME, group:NAME or sa:NAMESPACE/NAME.
#include "auth/bootstrap_policy.h"

#include "auth/authz/bootstrap_policy_text.h"
#include "base/check.h"
#include "object/draft.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

using object::Draft;
using object::NodeRef;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

/// Takes the text up to a separator off the front.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

std::string_view expand(std::string_view verbs) {
  if (verbs == "READ") return "get,list,watch";
  if (verbs == "WRITE") return "create,delete,deletecollection,patch,update";
  if (verbs == "ALL") return "create,delete,deletecollection,get,list,patch,update,watch";
  return verbs;
}

void write_list(NodeRef list, std::string_view texts) {
  list.set_list();
  while (!texts.empty()) {
    const std::string_view text = take(texts, ',');
    list.append_string(text == "core" ? "" : text);
  }
}

class Parser {
 public:
  Result<std::vector<PolicyObject>> parse(std::string_view text) {
    for (int number = 1; !text.empty(); ++number) {
      std::string_view line = take(text, '\n');
      if (line.empty()) continue;
      if (!parse_line(line)) {
        return Error(Reason::BadRequest,
                     fmt::format("policy line {}: cannot read \"{}\"", number, line));
      }
    }
    finish_role();
    return std::move(objects_);
  }

 private:
  bool parse_line(std::string_view line) {
    if (line.starts_with("  ")) return role_ && parse_rule(line.substr(2));
    finish_role();
    const std::string_view word = take(line, ' ');
    if (word == "clusterrole") {
      start_role(PolicyKind::ClusterRole, "", take(line, ' '));
      return parse_aggregation(line);
    }
    if (word == "controller") {
      const std::string_view name = take(line, ' ');
      const std::string full = fmt::format("system:controller:{}", name);
      start_role(PolicyKind::ClusterRole, "", full);
      return add_binding("", full, "ClusterRole", full, fmt::format("sa:kube-system/{}", name));
    }
    if (word == "role") {
      const std::string_view namespace_ = take(line, ' ');
      start_role(PolicyKind::Role, namespace_, take(line, ' '));
      return line.empty();
    }
    if (word == "clusterbinding") {
      const std::string_view name = take(line, ' ');
      return add_binding("", name, "ClusterRole", take(line, ' '), line);
    }
    if (word == "binding") {
      const std::string_view namespace_ = take(line, ' ');
      const std::string_view name = take(line, ' ');
      const std::string_view kind = take(line, ' ') == "role" ? "Role" : "ClusterRole";
      return add_binding(namespace_, name, kind, take(line, ' '), line);
    }
    return false;
  }

  static Draft start(std::string_view kind, std::string_view namespace_, std::string_view name) {
    Draft draft;
    draft.root().set("kind", kind);
    draft.root().set("apiVersion", "rbac.authorization.k8s.io/v1");
    NodeRef metadata = draft.root().ensure_map("metadata");
    metadata.set("name", name);
    if (!namespace_.empty()) metadata.set("namespace", namespace_);
    metadata.ensure_map("labels").set("kubernetes.io/bootstrapping", "rbac-defaults");
    metadata.ensure_map("annotations").set("rbac.authorization.kubernetes.io/autoupdate", "true");
    metadata["annotations"].sort_keys();
    return draft;
  }

  void start_role(PolicyKind kind, std::string_view namespace_, std::string_view name) {
    kind_ = kind;
    role_ = start(kind == PolicyKind::Role ? "Role" : "ClusterRole", namespace_, name);
    role_->root().ensure("rules");  // Stays null without rules.
  }

  void finish_role() {
    if (!role_) return;
    (*role_)["metadata"]["labels"].sort_keys();
    objects_.push_back({kind_, role_->freeze()});
    role_.reset();
    if (pending_) objects_.push_back(std::move(*pending_));
    pending_.reset();
  }

  bool parse_aggregation(std::string_view line) {
    while (!line.empty()) {
      std::string_view word = take(line, ' ');
      const std::string_view what = take(word, ':');
      const std::string label = fmt::format("{}/aggregate-to-{}", kGroup, word);
      if (what == "to") {
        (*role_)["metadata"]["labels"].set(label, "true");
      } else if (what == "from") {
        NodeRef selectors =
            role_->root().ensure_map("aggregationRule").ensure_list("clusterRoleSelectors");
        NodeRef selector = selectors.append();
        selector.set_map();
        selector.ensure_map("matchLabels").set(label, "true");
        selector["matchLabels"].sort_keys();
      } else {
        return false;
      }
    }
    return true;
  }

  bool parse_rule(std::string_view line) {
    if (line == "EVENTS") line = "create,patch,update core,events.k8s.io events";
    const std::string_view verbs = take(line, ' ');
    const std::string_view groups = take(line, ' ');
    const std::string_view targets = take(line, ' ');
    if (targets.empty()) return false;
    NodeRef rule = role_->root().ensure_list("rules").append();
    rule.set_map();
    write_list(rule.ensure("verbs"), expand(verbs));
    if (groups == "url") {
      write_list(rule.ensure("nonResourceURLs"), targets);
      return line.empty();
    }
    write_list(rule.ensure("apiGroups"), groups);
    write_list(rule.ensure("resources"), targets);
    if (!line.empty()) write_list(rule.ensure("resourceNames"), line);
    return true;
  }

  static bool write_subject(NodeRef subject, std::string_view text) {
    const std::string_view what = take(text, ':');
    subject.set_map();
    if (what == "user" || what == "group") {
      subject.set("kind", what == "user" ? "User" : "Group");
      subject.set("apiGroup", kGroup);
      subject.set("name", text);
      return true;
    }
    const std::string_view namespace_ = take(text, '/');
    subject.set("kind", "ServiceAccount");
    subject.set("name", text);
    subject.set("namespace", namespace_);
    return what == "sa";
  }

  bool add_binding(std::string_view namespace_, std::string_view name, std::string_view role_kind,
                   std::string_view role, std::string_view subjects) {
    const bool cluster = namespace_.empty();
    Draft draft = start(cluster ? "ClusterRoleBinding" : "RoleBinding", namespace_, name);
    draft["metadata"]["labels"].sort_keys();
    while (!subjects.empty()) {
      if (!write_subject(draft.root().ensure_list("subjects").append(), take(subjects, ' ')))
        return false;
    }
    NodeRef ref = draft.root().ensure_map("roleRef");
    ref.set("apiGroup", kGroup);
    ref.set("kind", role_kind);
    ref.set("name", role);
    PolicyObject object{cluster ? PolicyKind::ClusterRoleBinding : PolicyKind::RoleBinding,
                        draft.freeze()};
    if (role_) {
      pending_ = std::move(object);  // The binding of a controller comes after its role.
    } else {
      objects_.push_back(std::move(object));
    }
    return true;
  }

  std::vector<PolicyObject> objects_;
  PolicyKind kind_ = PolicyKind::ClusterRole;
  std::optional<Draft> role_;
  std::optional<PolicyObject> pending_;
};

}  // namespace

Result<std::vector<PolicyObject>> parse_policy(std::string_view text) {
  return Parser().parse(text);
}

std::vector<PolicyObject> bootstrap_policy() {
  std::vector<PolicyObject> objects;
  std::vector<PolicyObject> bindings;  // After all roles: one to a missing role shows in refusals.
  for (PolicyObject& object : MUST(parse_policy(kBootstrapPolicyText))) {
    const bool is_role = object.kind == PolicyKind::ClusterRole || object.kind == PolicyKind::Role;
    (is_role ? objects : bindings).push_back(std::move(object));
  }
  std::move(bindings.begin(), bindings.end(), std::back_inserter(objects));
  return objects;
}

RuleSetRef node_rules() {
  for (const PolicyObject& object : bootstrap_policy()) {
    if (object::name_of(object.object.root()) == "system:node") return read_rules(object.object);
  }
  return nullptr;
}

}  // namespace knarr::auth
