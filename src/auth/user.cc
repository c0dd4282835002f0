// SPDX-License-Identifier: Apache-2.0
#include "auth/user.h"

#include <algorithm>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// The number of bytes of the UTF-8 sequence at the front of `text`, 0 when it is not one.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t n) {
    if (text.size() < n) return false;
    for (std::size_t i = 1; i < n; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return false;
    }
    return true;
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(2) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!follows(3)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;  // Surrogates.
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!follows(4)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

Extra::Entry& Extra::ensure(std::string_view key) {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const Entry& entry, std::string_view k) { return entry.key < k; });
  if (at != entries_.end() && at->key == key) return *at;
  return *entries_.insert(at, Entry{std::string(key), {}});
}

void Extra::add(std::string_view key, std::string value) {
  ensure(key).values.push_back(std::move(value));
}

void Extra::set(std::string_view key, std::vector<std::string> values) {
  ensure(key).values = std::move(values);
}

const std::vector<std::string>* Extra::find(std::string_view key) const {
  for (const Entry& entry : entries_) {
    if (entry.key == key) return &entry.values;
  }
  return nullptr;
}

std::string_view Extra::only(std::string_view key) const {
  const auto* values = find(key);
  return values != nullptr && values->size() == 1 ? std::string_view(values->front())
                                                  : std::string_view();
}

bool User::in_group(std::string_view group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

User anonymous_user() {
  return {std::string(kAnonymous), "", {std::string(kUnauthenticatedGroup)}, {}};
}

void add_authenticated_group(User& user) {
  if (user.name == kAnonymous) return;
  if (user.in_group(kAuthenticatedGroup) || user.in_group(kUnauthenticatedGroup)) return;
  user.groups.emplace_back(kAuthenticatedGroup);
}

std::string service_account_user(std::string_view namespace_, std::string_view name) {
  return fmt::format("{}{}:{}", kServiceAccountUserPrefix, namespace_, name);
}

std::vector<std::string> service_account_groups(std::string_view namespace_) {
  return {std::string(kServiceAccountsGroup),
          fmt::format("{}:{}", kServiceAccountsGroup, namespace_)};
}

std::optional<ServiceAccountName> parse_service_account_user(std::string_view user_name) {
  if (!user_name.starts_with(kServiceAccountUserPrefix)) return std::nullopt;
  user_name.remove_prefix(kServiceAccountUserPrefix.size());
  const std::size_t colon = user_name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view namespace_ = user_name.substr(0, colon);
  const std::string_view name = user_name.substr(colon + 1);
  if (!is_dns_label(namespace_) || !is_dns_subdomain(name)) return std::nullopt;
  return ServiceAccountName{std::string(namespace_), std::string(name)};
}

std::optional<std::string_view> parse_node_user(std::string_view user_name) {
  if (!user_name.starts_with(kNodeUserPrefix)) return std::nullopt;
  user_name.remove_prefix(kNodeUserPrefix.size());
  if (!is_dns_subdomain(user_name)) return std::nullopt;
  return user_name;
}

std::optional<std::string_view> node_identity(const User& user) {
  if (!user.name.starts_with(kNodeUserPrefix) || !user.in_group(kNodesGroup)) return std::nullopt;
  return std::string_view(user.name).substr(kNodeUserPrefix.size());
}

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  if (!is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !is_alphanumeric(part.front()) || !is_alphanumeric(part.back()))
      return false;
    if (!std::all_of(part.begin(), part.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

Error forbidden(const Attributes& attributes, std::string_view reason) {
  const std::string user = quoted(attributes.user->name);
  std::string message;
  ErrorDetails details;
  if (attributes.is_resource) {
    const std::string resource = attributes.group.empty()
                                     ? attributes.resource
                                     : fmt::format("{}.{}", attributes.resource, attributes.group);
    const std::string full =
        attributes.subresource.empty()
            ? attributes.resource
            : fmt::format("{}/{}", attributes.resource, attributes.subresource);
    message = resource;
    if (!attributes.name.empty()) message += fmt::format(" {}", quoted(attributes.name));
    message += fmt::format(" is forbidden: User {} cannot {} resource {} in API group {}", user,
                           attributes.verb, quoted(full), quoted(attributes.group));
    message += attributes.namespace_.empty()
                   ? std::string(" at the cluster scope")
                   : fmt::format(" in the namespace {}", quoted(attributes.namespace_));
    details = {attributes.group, attributes.resource, attributes.name, ""};
  } else {
    message = fmt::format("forbidden: User {} cannot {} path {}", user, attributes.verb,
                          quoted(attributes.path));
  }
  if (!reason.empty()) message += fmt::format(": {}", reason);
  Error error = Error(Reason::Forbidden, std::move(message)).with_details(std::move(details));
  if (attributes.is_resource) return error;
  return std::move(error).with_empty_details();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      text.remove_prefix(1);
      continue;
    }
    if (length > 1) {
      result += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\a':
        result += "\\a";
        break;
      case '\b':
        result += "\\b";
        break;
      case '\f':
        result += "\\f";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\v':
        result += "\\v";
        break;
      default:
        if (c < ' ' || c == '\x7f') {
          result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
          result += c;
        }
    }
    text.remove_prefix(1);
  }
  return result + "\"";
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string result = "[";
  for (const std::string& text : texts) {
    if (result.size() > 1) result += ' ';
    result += quoted(text);
  }
  return result + "]";
}

std::string valid_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    result += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

}  // namespace knarr::auth
