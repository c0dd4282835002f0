// SPDX-License-Identifier: Apache-2.0
#include "auth/impersonation.h"

#include "base/hash.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

#include <fmt/format.h>

namespace knarr::auth {

namespace {

constexpr std::string_view kGroup = "authentication.k8s.io";
// From this many groups or extra values on, one question about all of them comes first.
constexpr std::size_t kMany = 4;

enum class Mode : std::uint8_t { AssociatedNode, ArbitraryNode, ServiceAccount, UserInfo, Legacy };
constexpr std::array kModes = {Mode::AssociatedNode, Mode::ArbitraryNode, Mode::ServiceAccount,
                               Mode::UserInfo, Mode::Legacy};

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::AssociatedNode:
      return "associated-node";
    case Mode::ArbitraryNode:
      return "arbitrary-node";
    case Mode::ServiceAccount:
      return "serviceaccount";
    default:
      return "user-info";
  }
}

bool is_only_a_name(const User& user) {
  return user.uid.empty() && user.groups.empty() && user.extra.empty();
}

bool applies(Mode mode, const User& wanted, const User& caller) {
  const auto node = parse_node_user(wanted.name);
  const bool account = parse_service_account_user(wanted.name).has_value();
  switch (mode) {
    case Mode::AssociatedNode:
      return node && is_only_a_name(wanted) && parse_service_account_user(caller.name) &&
             caller.extra.only(kExtraNodeName) == *node;
    case Mode::ArbitraryNode:
      return node && is_only_a_name(wanted);
    case Mode::ServiceAccount:
      return account && is_only_a_name(wanted);
    case Mode::UserInfo:
      return !node && !account;
    case Mode::Legacy:
      return true;
  }
  return false;
}

/// Why a key of extra will not do; "" when it will.
std::string extra_problem(const Extra& extra) {
  for (const Extra::Entry& entry : extra) {
    const std::string& key = entry.key;
    if (key.empty()) return "impersonating the empty string key in extra is not allowed";
    const std::size_t slash = key.find('/');
    const std::string_view domain = std::string_view(key).substr(0, slash);
    if (slash == std::string::npos || slash == 0 || slash + 1 == key.size()) {
      return fmt::format(
          "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: {}: "
          "must "
          "be a domain-prefixed path (such as \"acme.io/foo\")",
          quoted(key));
    }
    const bool upper =
        std::any_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (upper) {
      return fmt::format("impersonating a non-lowercase key in extra is not allowed: {}",
                         quoted(key));
    }
    if (!is_dns_subdomain(domain)) {
      return fmt::format(
          "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: {}: a "
          "lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
          "'.', and must start and end with an alphanumeric character",
          quoted(domain));
    }
    if (std::find(entry.values.begin(), entry.values.end(), "") != entry.values.end()) {
      return "impersonating the empty string value in extra is not allowed";
    }
  }
  return {};
}

/// One attempt in one mode.
class Attempt {
 public:
  Attempt(const Authorizer& authorizer, Mode mode, const User& wanted, const Attributes& request)
      : authorizer_(authorizer),
        mode_(mode),
        constrained_(mode != Mode::Legacy),
        verb_(constrained_ ? fmt::format("impersonate:{}", name_of(mode)) : "impersonate"),
        wanted_(wanted),
        request_(request),
        caller_(*request.user) {
    // A daemon on many nodes shall be one caller to authorizers: only the keys of its extra remain.
    if (mode == Mode::AssociatedNode) {
      std::vector<std::string> keys;
      for (const Extra::Entry& entry : request.user->extra) keys.push_back(entry.key);
      caller_.extra = {};
      caller_.extra.set("authentication.kubernetes.io/associated-node-keys", std::move(keys));
    }
  }

  Result<Impersonated> run() {
    if (constrained_) {
      Attributes on = request_;
      on.verb = fmt::format("impersonate-on:{}:{}", name_of(mode_), request_.verb);
      TRY(ask(std::move(on)));
    }
    Impersonated result{wanted_, constrained_ ? verb_ : std::string()};
    TRY(check_name(result.user));
    if (!wanted_.uid.empty()) TRY(ask(question(kGroup, "uids", wanted_.uid)));
    TRY(check_groups());
    TRY(check_extra());
    User& user = result.user;
    if (user.name != kAnonymous) {
      add_authenticated_group(user);
    } else if (!user.in_group(kUnauthenticatedGroup)) {
      user.groups.emplace_back(kUnauthenticatedGroup);
    }
    return result;
  }

 private:
  Result<> ask(Attributes question) {
    question.user = &caller_;
    return require(authorizer_, question);
  }

  [[nodiscard]] Attributes question(std::string_view group, std::string_view resource,
                                    std::string_view name) const {
    return {.user = &caller_,
            .verb = verb_,
            .group = std::string(group),
            .version = "v1",
            .resource = std::string(resource),
            .name = std::string(name)};
  }
  /// Users, groups and service accounts are the core group's in the legacy mode.
  [[nodiscard]] std::string_view group() const {
    return constrained_ ? kGroup : std::string_view();
  }

  Result<> check_name(User& user) {
    Attributes about = question(group(), "users", wanted_.name);
    const auto node = parse_node_user(wanted_.name);
    if (const auto account = parse_service_account_user(wanted_.name)) {
      about.resource = "serviceaccounts";
      about.namespace_ = account->namespace_;
      about.name = account->name;
      if (wanted_.groups.empty()) user.groups = service_account_groups(account->namespace_);
    } else if (constrained_ && node) {
      about.resource = "nodes";
      about.name = mode_ == Mode::AssociatedNode ? "*" : std::string(*node);
      user.groups = {std::string(kNodesGroup)};
    }
    return ask(std::move(about));
  }

  Result<> check_groups() {
    const std::vector<std::string>& groups = wanted_.groups;
    const auto has = [&](std::string_view group) {
      return std::find(groups.begin(), groups.end(), group) != groups.end();
    };
    if (constrained_ && has("")) {
      return forbidden(question(group(), "groups", ""),
                       "impersonating the empty string group is not allowed");
    }
    if (constrained_ && has(kMastersGroup)) {
      return forbidden(question(group(), "groups", kMastersGroup),
                       "impersonating the system:masters group is not allowed");
    }
    if (constrained_ && groups.size() >= kMany && ask(question(group(), "groups", "*")))
      return ok();
    for (const std::string& name : groups) TRY(ask(question(group(), "groups", name)));
    return ok();
  }

  Result<> check_extra() {
    const Extra& extra = wanted_.extra;
    if (constrained_) {
      const std::string problem = extra_problem(extra);
      if (!problem.empty()) return forbidden(question(kGroup, "userextras", ""), problem);
      std::size_t values = 0;
      for (const Extra::Entry& entry : extra) values += entry.values.size();
      if (values >= kMany) {
        Attributes all = question(kGroup, "userextras", "*");
        all.subresource = "*";
        if (ask(std::move(all))) return ok();
      }
    }
    for (const Extra::Entry& entry : extra) {
      for (const std::string& value : entry.values) {
        Attributes about = question(kGroup, "userextras", value);
        about.subresource = entry.key;
        TRY(ask(std::move(about)));
      }
    }
    return ok();
  }

  const Authorizer& authorizer_;
  Mode mode_;
  bool constrained_;
  std::string verb_;
  const User& wanted_;
  const Attributes& request_;
  User caller_;
};

/// A user as Go prints it: the text is Kubernetes'.
std::string go_text(const User& user) {
  std::vector<std::string> groups;
  for (const std::string& group : user.groups) groups.push_back(quoted(group));
  std::vector<std::string> extra;
  for (const Extra::Entry& entry : user.extra) {
    std::vector<std::string> values;
    for (const std::string& value : entry.values) values.push_back(quoted(value));
    extra.push_back(fmt::format("{}:[]string{{{}}}", quoted(entry.key), fmt::join(values, ", ")));
  }
  return fmt::format(
      "&user.DefaultInfo{{Name:{}, UID:{}, Groups:[]string{}, Extra:map[string][]string{}}}",
      quoted(user.name), quoted(user.uid),
      groups.empty() ? "(nil)" : fmt::format("{{{}}}", fmt::join(groups, ", ")),
      extra.empty() ? "(nil)" : fmt::format("{{{}}}", fmt::join(extra, ", ")));
}

}  // namespace

Result<std::optional<User>> requested_user(const Headers& headers) {
  constexpr std::string_view kExtraPrefix = "impersonate-extra-";
  User user;
  for (const auto& [name, value] : headers) {
    if (name == "impersonate-user") {
      if (user.name.empty()) user.name = valid_text(value);
    } else if (name == "impersonate-uid") {
      if (user.uid.empty()) user.uid = valid_text(value);
    } else if (name == "impersonate-group") {
      user.groups.push_back(valid_text(value));
    } else if (name.starts_with(kExtraPrefix)) {
      user.extra.add(
          valid_text(decode_extra_key(std::string_view(name).substr(kExtraPrefix.size()))),
          valid_text(value));
    }
  }
  if (!user.name.empty()) return std::optional<User>(std::move(user));
  if (is_only_a_name(user)) return std::optional<User>();
  return Error(Reason::BadRequest,
               fmt::format("requested {} without impersonating a user name", go_text(user)));
}

class Impersonator::Modes {
 public:
  explicit Modes(const Authorizer& authorizer) : authorizer_(authorizer) {}

  Result<Impersonated> impersonate(const User& wanted, const Attributes& request) {
    const std::uint64_t caller = fnv64a(request.user->name);
    const std::optional<Mode> last = recall(caller);
    std::optional<Error> first_error;
    const auto attempt = [&](Mode mode) -> std::optional<Impersonated> {
      if (!applies(mode, wanted, *request.user)) return std::nullopt;
      Result<Impersonated> result = Attempt(authorizer_, mode, wanted, request).run();
      if (result) return std::move(*result);
      if (!first_error) first_error = std::move(result).error();
      return std::nullopt;
    };
    if (last) {
      if (auto result = attempt(*last)) return std::move(*result);
    }
    for (const Mode mode : kModes) {
      if (mode == last) continue;
      auto result = attempt(mode);
      if (!result) continue;
      remember(caller, mode);
      return std::move(*result);
    }
    return std::move(*first_error);  // The legacy mode always applies.
  }

 private:
  static constexpr std::size_t kCallers = 10'000;  // A collision or a loss changes the order only.

  std::optional<Mode> recall(std::uint64_t caller) {
    const std::lock_guard lock(mutex_);
    const auto at = last_.find(caller);
    return at == last_.end() ? std::nullopt : std::optional(at->second);
  }

  void remember(std::uint64_t caller, Mode mode) {
    const std::lock_guard lock(mutex_);
    if (last_.size() >= kCallers) last_.clear();
    last_[caller] = mode;
  }

  const Authorizer& authorizer_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Mode> last_;
};

Impersonator::Impersonator(const Authorizer& authorizer)
    : modes_(std::make_unique<Modes>(authorizer)) {}
Impersonator::~Impersonator() = default;

Result<Impersonated> Impersonator::impersonate(const User& wanted,
                                               const Attributes& request) const {
  return modes_->impersonate(wanted, request);
}

}  // namespace knarr::auth
