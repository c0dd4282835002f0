// SPDX-License-Identifier: Apache-2.0
// Statements about what is served: groups, resources with their columns and selectors, conversions
// between versions, and gRPC services.
#include "parser.h"

#include <algorithm>
#include <array>

namespace knarr::apigen {
namespace {

constexpr std::array<std::string_view, 8> kCells = {"path", "text",   "age",      "count",
                                                    "join", "labels", "selector", "hook"};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

void Parser::group_statement() {
  Group group;
  group.at = here();
  next();
  std::string priority;
  if (!expect_word(group.name, "the name of a group") ||
      !expect_word(priority, "the priority of a group") || !expect_open()) {
    return skip_line();
  }
  if (group.name == "core") group.name.clear();
  group.priority = static_cast<int>(number("the priority", priority));
  while (!at_close() && peek().kind == Token::Kind::Word) {
    const std::string word = next().text;
    const std::size_t colon = std::min(word.find(':'), word.size());
    GroupVersion version;
    version.version = word.substr(0, colon);
    version.priority = static_cast<int>(
        number("the priority of a version", colon < word.size() ? word.substr(colon + 1) : ""));
    group.versions.push_back(std::move(version));
  }
  if (peek().kind == Token::Kind::Close) next();
  api_.groups.push_back(std::move(group));
  end_of_line();
}

void Parser::resource_statement() {
  Resource resource;
  resource.at = here();
  resource.package = package_;
  resource.stage = "ga";
  next();
  if (!expect_word(resource.plural, "the plural of a resource") ||
      !expect_word(resource.type, "the kind of a resource")) {
    return skip_line();
  }
  resource.singular = lower(resource.type);
  resource.type = qualify(resource.type);
  std::string key;
  std::string value;
  while (next_option(key, value)) resource_word(resource, key, value);
  if (!expect_open()) return skip_line();
  while (!at_close()) {
    if (peek().kind == Token::Kind::EndOfFile) {
      errors_.error(resource.at, "resource " + resource.plural + " is not closed by '}'");
      return;
    }
    resource_line(resource);
  }
  next();
  end_of_line();
  const auto& verbs = resource.verbs;
  if (std::find(verbs.begin(), verbs.end(), "list") != verbs.end()) {
    resource.list_type = resource.type + "List";
  }
  api_.resources.push_back(std::move(resource));
}

void Parser::resource_word(Resource& resource, std::string_view key, const std::string& value) {
  if (key == "namespaced") {
    resource.namespaced = true;
  } else if (key == "singular") {
    resource.singular = value;
  } else if (key == "short") {
    resource.short_names = split(value, ',');
  } else if (key == "categories") {
    resource.categories = split(value, ',');
  } else if (key == "stage") {
    resource.stage = value;
  } else if (key == "off") {
    resource.off = true;
  } else if (key == "gate") {
    resource.gate = value;
  } else {
    error("unknown word '" + std::string(key) +
          "' for a resource (namespaced, singular=, short=, categories=, stage=, off, gate=)");
  }
}

void Parser::resource_line(Resource& resource) {
  std::string word;
  if (!expect_word(word, "verbs, store, subresource, select or columns")) return skip_line();
  if (word == "verbs") {
    while (peek().kind == Token::Kind::Word) resource.verbs.push_back(next().text);
  } else if (word == "store") {
    resource.stored_as = package_;
    if (!expect_word(resource.key, "a key such as /registry/pods")) return skip_line();
    std::string key;
    std::string value;
    while (next_option(key, value)) {
      if (key == "as") {
        resource.stored_as = value;
      } else if (key == "hash") {
        resource.hash_version = value;
      } else {
        error("unknown word '" + key + "' for a store (as=, hash=)");
      }
    }
    if (resource.hash_version.empty()) resource.hash_version = resource.stored_as;
  } else if (word == "subresource") {
    return subresource_line(resource);
  } else if (word == "select") {
    return selector_line(resource);
  } else if (word == "columns") {
    return columns_block(resource);
  } else {
    error("unknown word '" + word + "' in a resource (verbs, store, subresource, select, columns)");
    return skip_line();
  }
  end_of_line();
}

void Parser::subresource_line(Resource& resource) {
  Subresource sub;
  sub.at = here();
  if (!expect_word(sub.name, "the name of a subresource") || !expect_word(sub.type, "its kind")) {
    return skip_line();
  }
  sub.type = qualify(sub.type);
  while (peek().kind == Token::Kind::Word) {
    if (peek().text == "connect") {
      next();
      sub.connect = true;
    } else {
      sub.verbs.push_back(next().text);
    }
  }
  resource.subresources.push_back(std::move(sub));
  end_of_line();
}

void Parser::selector_line(Resource& resource) {
  Selector selector;
  if (!expect_word(selector.name, "the name of a field selector")) return skip_line();
  selector.path = selector.name;
  std::string key;
  std::string value;
  while (next_option(key, value)) {
    if (key == "path") {
      selector.path = value;
    } else if (key == "hook") {
      selector.hook = value;
      selector.path.clear();
    } else if (key == "novalue") {
      selector.path.clear();
    } else {
      error("unknown word '" + key + "' for a field selector (path=, hook=, novalue)");
    }
  }
  resource.selectors.push_back(std::move(selector));
  end_of_line();
}

void Parser::columns_block(Resource& resource) {
  if (peek().kind == Token::Kind::Word && peek().text == "like") {
    next();
    if (!expect_word(resource.columns_like,
                     "a resource such as autoscaling/v2.horizontalpodautoscalers")) {
      return skip_line();
    }
    return end_of_line();
  }
  if (!expect_open()) return skip_line();
  while (!at_close() && peek().kind != Token::Kind::EndOfFile) column_line(resource);
  next();
  end_of_line();
}

void Parser::column_line(Resource& resource) {
  Column column;
  if (peek().kind != Token::Kind::Text) {
    error("a column begins with its name in quotes");
    return skip_line();
  }
  column.name = next().text;
  if (!expect_word(column.type, "the type of a column")) return skip_line();
  while (peek().kind == Token::Kind::Word || peek().kind == Token::Kind::Text) {
    if (peek().kind == Token::Kind::Text) {
      column.help = next().text;
      continue;
    }
    std::string key;
    std::string value;
    next_option(key, value);
    if (value.size() >= 2 && value.front() == '"') value = value.substr(1, value.size() - 2);
    if (key == "wide") {
      column.priority = 1;
    } else if (key == "bare") {
      column.priority = -1;
    } else if (key == "format") {
      column.format = value;
    } else if (key == "else") {
      column.otherwise = value;
    } else if (std::find(kCells.begin(), kCells.end(), key) != kCells.end()) {
      column.cell = key;
      column.argument = value;
    } else {
      error("unknown word '" + key +
            "' for a column (wide, bare, format=, else=, path=, text=, "
            "age=, count=, join=, labels=, selector=, hook=)");
    }
  }
  if (column.cell.empty())
    error("column " + column.name + " does not say how its cell is made (path=, hook=, ...)");
  resource.columns.push_back(std::move(column));
  end_of_line();
}

void Parser::conversion_statement() {
  Conversion conversion;
  conversion.at = here();
  next();
  if (!expect_word(conversion.from, "a kind such as events.k8s.io/v1.Event") ||
      !expect_word(conversion.to, "the kind it becomes")) {
    return skip_line();
  }
  conversion.from = qualify(conversion.from);
  conversion.to = qualify(conversion.to);
  std::string key;
  std::string value;
  while (next_option(key, value)) {
    if (key == "hook") {
      conversion.hook = value;
    } else {
      error("unknown word '" + key + "' for a conversion (hook=)");
    }
  }
  if (peek().kind == Token::Kind::Open) {
    next();
    while (!at_close() && peek().kind != Token::Kind::EndOfFile) {
      std::string from;
      std::string to;
      if (!expect_word(from, "a field") || !expect_word(to, "the field it becomes")) {
        skip_line();
        continue;
      }
      conversion.renames.emplace_back(from, to);
      end_of_line();
    }
    next();
  }
  api_.conversions.push_back(std::move(conversion));
  end_of_line();
}

void Parser::service_statement() {
  Service service;
  service.at = here();
  service.package = package_;
  next();
  if (!expect_word(service.name, "the name of a service") || !expect_open()) return skip_line();
  while (!at_close() && peek().kind != Token::Kind::EndOfFile) {
    Method method;
    if (!expect_word(method.name, "the name of a method") ||
        !expect_word(method.request, "its request") ||
        !expect_word(method.response, "its response")) {
      skip_line();
      continue;
    }
    method.request = qualify(method.request);
    method.response = qualify(method.response);
    while (peek().kind == Token::Kind::Word) {
      const std::string word = next().text;
      if (word == "clientstream") {
        method.client_stream = true;
      } else if (word == "serverstream") {
        method.server_stream = true;
      } else {
        error("unknown word '" + word + "' for a method (clientstream, serverstream)");
      }
    }
    service.methods.push_back(std::move(method));
    end_of_line();
  }
  next();
  api_.services.push_back(std::move(service));
  end_of_line();
}

}  // namespace knarr::apigen
