// SPDX-License-Identifier: Apache-2.0
// Recursion is as deep as a path, which the JSON reader bounds.
#include "schema/patch/field_set.h"

#include "codec/json.h"
#include "schema/json_text.h"

#include <algorithm>

namespace knarr::schema {

using object::NodeRef;

std::vector<FieldSet::Entry>::iterator FieldSet::place_of(const PathElement& element) {
  // Sets are built in order most of the time.
  if (!entries_.empty() && entries_.back().element < element) return entries_.end();
  return std::lower_bound(
      entries_.begin(), entries_.end(), element,
      [](const Entry& entry, const PathElement& one) { return entry.element < one; });
}

const FieldSet::Entry* FieldSet::find(const PathElement& element) const {
  const auto at = const_cast<FieldSet*>(this)->place_of(element);
  return at != entries_.end() && at->element == element ? &*at : nullptr;
}

FieldSet::Entry& FieldSet::ensure(const PathElement& element) {
  auto at = place_of(element);
  if (at == entries_.end() || at->element != element) {
    at = entries_.insert(at, Entry{element, false, {}});
  }
  return *at;
}

void FieldSet::insert(std::span<const PathElement> path) {
  if (path.empty()) return;
  Entry& entry = ensure(path.front());
  if (path.size() == 1) {
    entry.member = true;
  } else {
    entry.children.insert(path.subspan(1));
  }
}

void FieldSet::unite(const FieldSet& other) {
  for (const Entry& theirs : other.entries_) {
    Entry& ours = ensure(theirs.element);
    ours.member = ours.member || theirs.member;
    ours.children.unite(theirs.children);
  }
}

void FieldSet::subtract(const FieldSet& other) {
  if (other.empty()) return;
  std::erase_if(entries_, [&](Entry& ours) {
    const Entry* theirs = other.find(ours.element);
    if (theirs == nullptr) return false;
    ours.member = ours.member && !theirs->member;
    ours.children.subtract(theirs->children);
    return !ours.member && ours.children.empty();
  });
}

void FieldSet::subtract_deep(const FieldSet& other) {
  if (other.empty()) return;
  std::erase_if(entries_, [&](Entry& ours) {
    const Entry* theirs = other.find(ours.element);
    if (theirs == nullptr) return false;
    if (theirs->member) return true;
    ours.children.subtract_deep(theirs->children);
    return !ours.member && ours.children.empty();
  });
}

FieldSet FieldSet::intersection(const FieldSet& a, const FieldSet& b) {
  FieldSet out;
  for (const Entry& ours : a.entries_) {
    const Entry* theirs = b.find(ours.element);
    if (theirs == nullptr) continue;
    Entry both{ours.element, ours.member && theirs->member,
               intersection(ours.children, theirs->children)};
    if (both.member || !both.children.empty()) out.entries_.push_back(std::move(both));
  }
  return out;
}

bool operator==(const FieldSet& a, const FieldSet& b) {
  return std::equal(a.entries_.begin(), a.entries_.end(), b.entries_.begin(), b.entries_.end(),
                    [](const FieldSet::Entry& x, const FieldSet::Entry& y) {
                      return x.member == y.member && x.element == y.element &&
                             x.children == y.children;
                    });
}

void FieldSet::walk(Path& path, const std::function<void(const Path&)>& visit) const {
  for (const Entry& entry : entries_) {
    if (!entry.member) continue;
    path.push_back(entry.element);
    visit(path);
    path.pop_back();
  }
  for (const Entry& entry : entries_) {
    if (entry.children.empty()) continue;
    path.push_back(entry.element);
    entry.children.walk(path, visit);
    path.pop_back();
  }
}

void FieldSet::for_each(const std::function<void(const Path&)>& visit) const {
  Path path;
  walk(path, visit);
}

void FieldSet::write(std::string& out) const { write(out, false); }

void FieldSet::write(std::string& out, bool self) const {
  out += '{';
  if (self) out += "\".\":{}";
  bool first = !self;
  for (const Entry& entry : entries_) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, entry.element.serialized());
    out += ':';
    if (entry.children.empty()) {
      out += "{}";
    } else {
      entry.children.write(out, entry.member);
    }
  }
  out += '}';
}

Result<FieldSet> FieldSet::read(NodeRef node, bool& self) {
  FieldSet out;
  self = node.empty();
  for (const auto [key, atom, value] : node.entries()) {
    if (key == ".") {
      self = true;
      continue;
    }
    if (!value.is_map()) return Error(Reason::BadRequest, "fieldsV1 must hold objects only");
    Entry& entry = out.ensure(TRY(PathElement::parse(key)));
    bool member = false;
    FieldSet children = TRY(read(value, member));
    entry.member = entry.member || member;
    entry.children.unite(children);
  }
  return out;
}

Result<FieldSet> FieldSet::parse(std::string_view fields_v1) {
  const object::Draft json = TRY(codec::parse_json(fields_v1));
  if (!json.root().is_map()) return Error(Reason::BadRequest, "fieldsV1 must be an object");
  bool self = false;
  return read(json.root(), self);
}

FieldSet FieldSet::of(std::span<const std::string_view> dotted) {
  FieldSet out;
  for (std::string_view text : dotted) {
    Path path;
    for (std::size_t dot = 0; dot != std::string_view::npos;) {
      dot = text.find('.');
      path.push_back(PathElement::field(text.substr(0, dot)));
      if (dot != std::string_view::npos) text.remove_prefix(dot + 1);
    }
    out.insert(path);
  }
  return out;
}

}  // namespace knarr::schema
