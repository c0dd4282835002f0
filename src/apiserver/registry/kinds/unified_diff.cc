// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace knarr::apiserver {

namespace {

using Lines = std::vector<std::string_view>;

Lines split_lines(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

struct Block {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t size = 0;
};

// Longest blocks first, then what is left and right of each (Ratcliff-Obershelp).
class Matcher {
 public:
  Matcher(const Lines& a, const Lines& b) : a_(a), b_(b) {
    for (std::size_t i = 0; i < b.size(); ++i) places_[b[i]].push_back(i);
    // In long texts, lines that are everywhere tell nothing.
    constexpr std::size_t kLong = 200;
    if (b.size() < kLong) return;
    const std::size_t most = b.size() / 100 + 1;
    std::erase_if(places_, [&](const auto& one) { return one.second.size() > most; });
  }

  std::vector<Block> blocks() {
    std::vector<Range> todo = {{0, a_.size(), 0, b_.size()}};
    std::vector<Block> found;
    while (!todo.empty()) {
      const Range range = todo.back();
      todo.pop_back();
      const Block best = longest(range);
      if (best.size == 0) continue;
      found.push_back(best);
      todo.push_back({range.a_from, best.a, range.b_from, best.b});
      todo.push_back({best.a + best.size, range.a_to, best.b + best.size, range.b_to});
    }
    std::ranges::sort(found, {}, &Block::a);
    std::vector<Block> merged;  // Neighbours become one.
    for (const Block& block : found) {
      Block* last = merged.empty() ? nullptr : &merged.back();
      if (last != nullptr && last->a + last->size == block.a && last->b + last->size == block.b) {
        last->size += block.size;
      } else {
        merged.push_back(block);
      }
    }
    merged.push_back({a_.size(), b_.size(), 0});
    return merged;
  }

 private:
  struct Range {
    std::size_t a_from, a_to, b_from, b_to;
  };

  // The longest common run within the range; of several the one that begins first in a, then in b.
  Block longest(const Range& range) {
    Block best{range.a_from, range.b_from, 0};
    std::unordered_map<std::size_t, std::size_t> runs;  // Place in b -> length of the run that ends there.
    for (std::size_t i = range.a_from; i < range.a_to; ++i) {
      std::unordered_map<std::size_t, std::size_t> next;
      const auto places = places_.find(a_[i]);
      if (places != places_.end()) {
        for (const std::size_t j : places->second) {
          if (j < range.b_from) continue;
          if (j >= range.b_to) break;
          const auto before = j == 0 ? runs.end() : runs.find(j - 1);
          const std::size_t length = before == runs.end() ? 1 : before->second + 1;
          next[j] = length;
          if (length > best.size) best = {i + 1 - length, j + 1 - length, length};
        }
      }
      runs = std::move(next);
    }
    // Lines that were left out as too frequent may still lengthen it.
    while (best.a > range.a_from && best.b > range.b_from && a_[best.a - 1] == b_[best.b - 1]) {
      --best.a, --best.b, ++best.size;
    }
    while (best.a + best.size < range.a_to && best.b + best.size < range.b_to &&
           a_[best.a + best.size] == b_[best.b + best.size]) {
      ++best.size;
    }
    return best;
  }

  const Lines& a_;
  const Lines& b_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> places_;
};

struct Change {
  std::size_t a_from, a_to, b_from, b_to;
};

std::vector<Change> changes_of(const Lines& a, const Lines& b) {
  std::vector<Change> out;
  std::size_t i = 0;
  std::size_t j = 0;
  for (const Block& block : Matcher(a, b).blocks()) {
    if (i < block.a || j < block.b) out.push_back({i, block.a, j, block.b});
    i = block.a + block.size;
    j = block.b + block.size;
  }
  return out;
}

// "first,count" as diff writes it: counted from one, the count left out when it is one.
std::string range_text(std::size_t from, std::size_t to) {
  const std::size_t count = to - from;
  if (count == 1) return fmt::format("{}", from + 1);
  return fmt::format("{},{}", count == 0 ? from : from + 1, count);
}

void add_lines(std::string& out, char mark, const Lines& lines, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    out += mark;
    out += lines[i];
    out += '\n';
  }
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after) {
  constexpr std::size_t kContext = 3;
  const Lines a = split_lines(before);
  const Lines b = split_lines(after);
  const std::vector<Change> changes = changes_of(a, b);
  std::string out;
  for (std::size_t first = 0; first < changes.size();) {
    std::size_t last = first;
    while (last + 1 < changes.size() &&
           changes[last + 1].a_from - changes[last].a_to <= 2 * kContext) {
      ++last;
    }
    const std::size_t lead = std::min({kContext, changes[first].a_from, changes[first].b_from});
    const std::size_t tail = std::min(kContext, a.size() - changes[last].a_to);
    const std::size_t a_from = changes[first].a_from - lead;
    const std::size_t a_to = changes[last].a_to + tail;
    out += fmt::format("@@ -{} +{} @@\n", range_text(a_from, a_to),
                       range_text(changes[first].b_from - lead, changes[last].b_to + tail));
    std::size_t at = a_from;
    for (std::size_t i = first; i <= last; ++i) {
      add_lines(out, ' ', a, at, changes[i].a_from);
      add_lines(out, '-', a, changes[i].a_from, changes[i].a_to);
      add_lines(out, '+', b, changes[i].b_from, changes[i].b_to);
      at = changes[i].a_to;
    }
    add_lines(out, ' ', a, at, a_to);
    first = last + 1;
  }
  return out;
}

}  // namespace knarr::apiserver
