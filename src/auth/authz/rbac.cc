// SPDX-License-Identifier: Apache-2.0
// The compiled index: roles by key, bindings by key, and per scope (the cluster, each namespace)
// who is a subject of what. A reader-writer lock guards it; nothing waits while it is held.
#include "auth/rbac.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include <fmt/format.h>

namespace knarr::auth {

namespace {

struct Subject {
  enum class Kind : std::uint8_t { User, Group, ServiceAccount };
  Kind kind = Kind::User;
  std::string key;   // The user or group name it stands for.
  std::string text;  // `User "bob"`, as reasons name it.
};

struct Binding {
  std::string namespace_;  // "" for a ClusterRoleBinding.
  std::string name;
  bool to_cluster_role = true;
  std::string role;
  std::string role_key;
  std::vector<Subject> subjects;
};

/// What a role is indexed by; the namespace of a ClusterRole is "".
std::string key_of_role(std::string_view namespace_, std::string_view name) {
  return fmt::format("{}/{}", namespace_, name);
}

bool by_name(const Binding* a, const Binding* b) {
  return a->name < b->name;
}

using BindingsOf = std::map<std::string, std::vector<const Binding*>, std::less<>>;

/// The bindings of one namespace, or of the cluster.
struct Scope {
  std::map<std::string, std::unique_ptr<Binding>, std::less<>> bindings;
  BindingsOf users;
  BindingsOf groups;

  void index(const Binding& binding) {
    for (const Subject& subject : binding.subjects) {
      BindingsOf& bindings_of = subject.kind == Subject::Kind::Group ? groups : users;
      std::vector<const Binding*>& list = bindings_of[subject.key];
      const auto at = std::lower_bound(list.begin(), list.end(), &binding, by_name);
      if (at == list.end() || *at != &binding) list.insert(at, &binding);
    }
  }

  void erase(std::string_view name) {
    const auto at = bindings.find(name);
    if (at == bindings.end()) return;
    for (BindingsOf* bindings_of : {&users, &groups}) {
      for (const Subject& subject : at->second->subjects) {
        const auto list = bindings_of->find(subject.key);
        if (list == bindings_of->end()) continue;
        std::erase(list->second, at->second.get());
        if (list->second.empty()) bindings_of->erase(list);
      }
    }
    bindings.erase(at);
  }

  /// Calls `visit` with each binding that has the user as a subject, until it returns false. A
  /// binding that names the user in several ways comes as often.
  template <typename Visit>
  bool visit(const User& user, Visit visit) const {
    const auto walk = [&](const BindingsOf& bindings_of, const std::string& key) {
      const auto list = bindings_of.find(key);
      if (list == bindings_of.end()) return true;
      return std::all_of(list->second.begin(), list->second.end(),
                         [&](const Binding* binding) { return visit(*binding); });
    };
    if (!walk(users, user.name)) return false;
    return std::all_of(user.groups.begin(), user.groups.end(),
                       [&](const std::string& group) { return walk(groups, group); });
  }
};

std::optional<Subject> read_subject(object::Value subject, std::string_view binding_namespace) {
  const std::string_view kind = subject["kind"].as_string();
  const std::string_view name = subject["name"].as_string();
  if (kind == "User") {
    return Subject{Subject::Kind::User, std::string(name), fmt::format("User {}", quoted(name))};
  }
  if (kind == "Group") {
    return Subject{Subject::Kind::Group, std::string(name), fmt::format("Group {}", quoted(name))};
  }
  if (kind != "ServiceAccount") return std::nullopt;
  std::string_view namespace_ = subject["namespace"].as_string();
  if (namespace_.empty()) namespace_ = binding_namespace;
  if (namespace_.empty()) return std::nullopt;
  return Subject{Subject::Kind::ServiceAccount, service_account_user(namespace_, name),
                 fmt::format("ServiceAccount {}", quoted(fmt::format("{}/{}", name, namespace_)))};
}

std::unique_ptr<Binding> read_binding(const object::Document& object) {
  auto binding = std::make_unique<Binding>();
  binding->namespace_ = object::namespace_of(object.root());
  binding->name = object::name_of(object.root());
  binding->to_cluster_role = object["roleRef"]["kind"].as_string() != "Role";
  binding->role = object["roleRef"]["name"].as_string();
  binding->role_key = key_of_role(
      binding->to_cluster_role ? std::string_view() : binding->namespace_, binding->role);
  for (object::Value item : object["subjects"].items()) {
    if (auto subject = read_subject(item, binding->namespace_)) {
      binding->subjects.push_back(std::move(*subject));
    }
  }
  return binding;
}

bool stands_for(const Subject& subject, const User& user) {
  return subject.kind == Subject::Kind::Group ? user.in_group(subject.key)
                                              : subject.key == user.name;
}

/// Names the first subject of the binding that stands for the user.
std::string allowed_by(const Binding& b, const User& user) {
  const auto subject = std::find_if(b.subjects.begin(), b.subjects.end(),
                                    [&](const Subject& s) { return stands_for(s, user); });
  const std::string_view role_kind = b.to_cluster_role ? "ClusterRole" : "Role";
  if (b.namespace_.empty()) {
    return fmt::format("RBAC: allowed by ClusterRoleBinding {} of {} {} to {}", quoted(b.name),
                       role_kind, quoted(b.role), subject->text);
  }
  return fmt::format("RBAC: allowed by RoleBinding {} of {} {} to {}",
                     quoted(fmt::format("{}/{}", b.name, b.namespace_)), role_kind, quoted(b.role),
                     subject->text);
}

/// One error as it is, several as "[a, b]", without repetitions.
class ErrorTexts {
 public:
  void add_missing_role(const Binding& binding) {
    std::string text =
        fmt::format("{}.rbac.authorization.k8s.io {} not found",
                    binding.to_cluster_role ? "clusterrole" : "role", quoted(binding.role));
    if (std::find(texts_.begin(), texts_.end(), text) == texts_.end()) {
      texts_.push_back(std::move(text));
    }
  }
  [[nodiscard]] bool empty() const { return texts_.empty(); }
  [[nodiscard]] std::string text() const {
    if (texts_.size() == 1) return texts_.front();
    return fmt::format("[{}]", fmt::join(texts_, ", "));
  }

 private:
  std::vector<std::string> texts_;
};

}  // namespace

class RbacAuthorizer::Index {
 public:
  void change_role(const object::Document& object) {
    RuleSetRef rules = read_rules(object);  // Outside of the lock.
    std::string key =
        key_of_role(object::namespace_of(object.root()), object::name_of(object.root()));
    const std::unique_lock lock(mutex_);
    roles_[std::move(key)] = std::move(rules);
  }

  void remove_role(std::string_view namespace_, std::string_view name) {
    const std::unique_lock lock(mutex_);
    roles_.erase(key_of_role(namespace_, name));
  }

  void change_binding(const object::Document& object) {
    std::unique_ptr<Binding> binding = read_binding(object);
    const std::unique_lock lock(mutex_);
    Scope& scope = scopes_[binding->namespace_];
    scope.erase(binding->name);
    scope.index(*binding);
    std::string name = binding->name;
    scope.bindings[std::move(name)] = std::move(binding);
  }

  void remove_binding(std::string_view namespace_, std::string_view name) {
    const std::unique_lock lock(mutex_);
    const auto scope = scopes_.find(namespace_);
    if (scope == scopes_.end()) return;
    scope->second.erase(name);
    if (scope->second.bindings.empty()) scopes_.erase(scope);
  }

  void clear() {
    const std::unique_lock lock(mutex_);
    roles_.clear();
    scopes_.clear();
  }

  [[nodiscard]] RuleSetRef role(std::string_view namespace_, std::string_view name) const {
    const std::shared_lock lock(mutex_);
    return find_role(key_of_role(namespace_, name));
  }

  /// Calls `visit(binding, rules)` for every binding of the user that counts in a namespace, until
  /// it returns false; `rules` is null for a role that does not exist.
  template <typename Visit>
  void visit(const User& user, std::string_view namespace_, Visit visit) const {
    const std::shared_lock lock(mutex_);
    const auto with_rules = [&](const Binding& binding) {
      return visit(binding, find_role(binding.role_key));
    };
    const auto walk = [&](std::string_view scope_name) {
      const auto scope = scopes_.find(scope_name);
      return scope == scopes_.end() || scope->second.visit(user, with_rules);
    };
    if (walk("") && !namespace_.empty()) walk(namespace_);
  }

 private:
  [[nodiscard]] const RuleSetRef& find_role(const std::string& key) const {
    static const RuleSetRef kNone;
    const auto at = roles_.find(key);
    return at == roles_.end() ? kNone : at->second;
  }

  mutable std::shared_mutex mutex_;  // Leaf: no other lock is taken under it.
  std::unordered_map<std::string, RuleSetRef> roles_;
  std::map<std::string, Scope, std::less<>> scopes_;
};

RbacAuthorizer::RbacAuthorizer() : index_(std::make_unique<Index>()) {}
RbacAuthorizer::~RbacAuthorizer() = default;

Verdict RbacAuthorizer::authorize(const Attributes& attributes) const {
  Verdict verdict;
  ErrorTexts errors;
  const std::string_view namespace_ =
      attributes.is_resource ? attributes.namespace_ : std::string_view();
  index_->visit(*attributes.user, namespace_, [&](const Binding& binding, const RuleSetRef& set) {
    if (set == nullptr) {
      errors.add_missing_role(binding);
      return true;
    }
    const bool allowed =
        std::any_of(set->rules.begin(), set->rules.end(),
                    [&](const PolicyRule& rule) { return rule_allows(rule, attributes); });
    if (allowed) verdict = {Decision::Allow, allowed_by(binding, *attributes.user), ""};
    return !allowed;
  });
  if (!verdict.allowed() && !errors.empty())
    verdict.reason = fmt::format("RBAC: {}", errors.text());
  return verdict;
}

void RbacAuthorizer::list_rules(const User& user, std::string_view namespace_,
                                RuleList& list) const {
  ErrorTexts errors;
  std::set<const Binding*> seen;
  index_->visit(user, namespace_, [&](const Binding& binding, const RuleSetRef& set) {
    if (!seen.insert(&binding).second) return true;
    if (set == nullptr) {
      errors.add_missing_role(binding);
      return true;
    }
    for (std::size_t i = 0; i < set->rules.size(); ++i) {
      const PolicyRule& rule = set->rules[i];
      if (!rule.resources.empty()) list.resource_rules.push_back({set, i});
      if (!rule.non_resource_urls.empty()) list.non_resource_rules.push_back({set, i});
    }
    return true;
  });
  if (errors.empty()) return;
  if (!list.error.empty()) list.error += ", ";
  list.error += errors.text();
}

void RbacAuthorizer::policy_changed(PolicyKind kind, const object::Document& object) {
  if (kind == PolicyKind::ClusterRole || kind == PolicyKind::Role) {
    index_->change_role(object);
  } else {
    index_->change_binding(object);
  }
}

void RbacAuthorizer::policy_removed(PolicyKind kind, std::string_view namespace_,
                                    std::string_view name) {
  if (kind == PolicyKind::ClusterRole || kind == PolicyKind::Role) {
    index_->remove_role(namespace_, name);
  } else {
    index_->remove_binding(namespace_, name);
  }
}

void RbacAuthorizer::policy_reset() { index_->clear(); }

RuleSetRef RbacAuthorizer::role_rules(std::string_view namespace_, std::string_view name) const {
  return index_->role(namespace_, name);
}

}  // namespace knarr::auth
