// SPDX-License-Identifier: Apache-2.0
#include "auth/policy_rule.h"

#include "object/atom.h"

#include <algorithm>
#include <span>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

using Texts = std::vector<std::string_view>;

bool has(const Texts& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool has_all(const Texts& texts, const Texts& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](std::string_view w) { return has(texts, w); });
}

Texts read_texts(object::Value list) {
  Texts texts;
  texts.reserve(list.size());
  for (object::Value item : list.items()) texts.push_back(item.as_string());
  return texts;
}

void write_texts(const Texts& texts, object::NodeRef to, std::string_view key) {
  if (texts.empty()) return;
  object::NodeRef list = to.ensure_list(key);
  for (std::string_view text : texts) list.append_string(text);
}

/// "/a/*" and "*" match by prefix, everything else exactly.
bool url_matches(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  if (!pattern.ends_with('*')) return false;
  while (pattern.ends_with('*')) pattern.remove_suffix(1);
  return path.starts_with(pattern);
}

/// Whether `pattern` is "resource/subresource" (subresource may be empty), or "*/subresource".
bool resource_matches(std::string_view pattern, const Attributes& a) {
  if (pattern == "*") return true;
  if (a.subresource.empty()) return pattern == a.resource;
  if (!pattern.ends_with(a.subresource)) return false;
  pattern.remove_suffix(a.subresource.size());
  if (!pattern.ends_with('/')) return false;
  pattern.remove_suffix(1);
  return pattern == a.resource || pattern == "*";
}

bool covers_resources(const Texts& owned, const Texts& wanted) {
  if (has(owned, "*")) return true;
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view path) {
    if (has(owned, path)) return true;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return false;
    const std::string_view rest = path.substr(slash);  // "/scale"
    return std::any_of(owned.begin(), owned.end(), [&](std::string_view own) {
      return own.size() == rest.size() + 1 && own.front() == '*' && own.substr(1) == rest;
    });
  });
}

bool covers_urls(const Texts& owned, const Texts& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view path) {
    return std::any_of(owned.begin(), owned.end(),
                       [&](std::string_view own) { return url_matches(own, path); });
  });
}

bool covers(const PolicyRule& owned, const PolicyRule& wanted) {
  const bool names =
      owned.resource_names.empty() ||
      (!wanted.resource_names.empty() && has_all(owned.resource_names, wanted.resource_names));
  return names && (has(owned.verbs, "*") || has_all(owned.verbs, wanted.verbs)) &&
         (has(owned.api_groups, "*") || has_all(owned.api_groups, wanted.api_groups)) &&
         covers_resources(owned.resources, wanted.resources) &&
         covers_urls(owned.non_resource_urls, wanted.non_resource_urls);
}

/// Calls `visit` with every unit of a rule: one verb of one resource (and name), or of one path.
template <typename Visit>
void break_down(const PolicyRule& rule, Visit visit) {
  for (std::string_view group : rule.api_groups) {
    for (std::string_view resource : rule.resources) {
      for (std::string_view verb : rule.verbs) {
        PolicyRule unit{{verb}, {group}, {resource}, {}, {}};
        if (rule.resource_names.empty()) visit(std::move(unit));
        for (std::string_view name : rule.resource_names) {
          unit.resource_names = {name};
          visit(PolicyRule(unit));
        }
      }
    }
  }
  for (std::string_view url : rule.non_resource_urls) {
    for (std::string_view verb : rule.verbs) visit(PolicyRule{{verb}, {}, {}, {}, {url}});
  }
}

bool is_about_one_resource(const PolicyRule& rule) {
  return rule.api_groups.size() == 1 && rule.resources.size() == 1 &&
         rule.resource_names.size() <= 1 && rule.non_resource_urls.empty();
}

void print(std::string& to, std::string_view label, const Texts& texts) {
  if (texts.empty()) return;
  if (to.size() > 1) to += ", ";
  to += fmt::format("{}:[", label);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) to += ' ';
    to += quoted(texts[i]);
  }
  to += ']';
}

}  // namespace

PolicyRule read_rule(object::Value rule) {
  return {read_texts(rule["verbs"]), read_texts(rule["apiGroups"]), read_texts(rule["resources"]),
          read_texts(rule["resourceNames"]), read_texts(rule["nonResourceURLs"])};
}

RuleSetRef read_rules(object::Document role) {
  auto set = std::make_shared<RuleSet>();
  set->owner = std::move(role);
  const object::Value rules = set->owner["rules"];
  set->rules.reserve(rules.size());
  for (object::Value rule : rules.items()) set->rules.push_back(read_rule(rule));
  return set;
}

void write_rule(const PolicyRule& rule, object::NodeRef to) {
  to.set_map();
  write_texts(rule.verbs, to, "verbs");
  write_texts(rule.api_groups, to, "apiGroups");
  write_texts(rule.resources, to, "resources");
  write_texts(rule.resource_names, to, "resourceNames");
  write_texts(rule.non_resource_urls, to, "nonResourceURLs");
}

bool rule_allows(const PolicyRule& rule, const Attributes& a) {
  if (!has(rule.verbs, a.verb) && !has(rule.verbs, "*")) return false;
  if (!a.is_resource) {
    return std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                       [&](std::string_view url) { return url_matches(url, a.path); });
  }
  if (!has(rule.api_groups, a.group) && !has(rule.api_groups, "*")) return false;
  if (!rule.resource_names.empty() && !has(rule.resource_names, a.name)) return false;
  return std::any_of(rule.resources.begin(), rule.resources.end(),
                     [&](std::string_view pattern) { return resource_matches(pattern, a); });
}

std::vector<PolicyRule> uncovered(const std::vector<PolicyRule>& owned,
                                  const std::vector<PolicyRule>& wanted) {
  std::vector<PolicyRule> missing;
  for (const PolicyRule& rule : wanted) {
    break_down(rule, [&](PolicyRule unit) {
      const bool held = std::any_of(owned.begin(), owned.end(),
                                    [&](const PolicyRule& own) { return covers(own, unit); });
      if (!held) missing.push_back(std::move(unit));
    });
  }
  return missing;
}

std::vector<PolicyRule> compact(const std::vector<PolicyRule>& rules) {
  std::vector<PolicyRule> result;
  for (const PolicyRule& rule : rules) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const PolicyRule& other) {
      return is_about_one_resource(other) && other.api_groups == rule.api_groups &&
             other.resources == rule.resources && other.resource_names == rule.resource_names;
    });
    if (is_about_one_resource(rule) && same != result.end()) {
      same->verbs.insert(same->verbs.end(), rule.verbs.begin(), rule.verbs.end());
    } else {
      result.push_back(rule);
    }
  }
  return result;
}

std::string to_string(const PolicyRule& rule) {
  std::string text = "{";
  print(text, "APIGroups", rule.api_groups);
  print(text, "Resources", rule.resources);
  print(text, "NonResourceURLs", rule.non_resource_urls);
  print(text, "ResourceNames", rule.resource_names);
  print(text, "Verbs", rule.verbs);
  return text + "}";
}

}  // namespace knarr::auth
