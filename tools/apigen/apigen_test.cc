// SPDX-License-Identifier: Apache-2.0
// The generator on the real description, on a changed copy of it, and on mistakes.
#include "check.h"
#include "emit.h"
#include "parser.h"
#include "sha256.h"
#include "tables.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace knarr::apigen {
namespace {

using Files = std::map<std::string, std::string>;

Files description() {
  Files files;
  const std::filesystem::path root = std::filesystem::path(KNARR_SOURCE_DIR) / "api";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".api") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files[std::filesystem::relative(entry.path(), root).string()] = text.str();
  }
  return files;
}

/// Reads files; what is wrong, a line each.
std::string mistakes(const Files& files, Api& api) {
  Diagnostics errors;
  for (const auto& [name, content] : files) Parser(name, content, api, errors).run();
  if (errors.empty()) check(api, errors);
  std::string result;
  for (const std::string& line : errors.lines()) result += line + "\n";
  return result;
}

std::string mistakes_of(const std::string& content) {
  Api api;
  return mistakes({{"x.api", content}}, api);
}

Tables kubernetes_tables(const Api& api) {
  return make_tables(api, [](const Package& package) { return package.grpc.empty(); });
}

const FieldRow* find_field(const Tables& tables, const std::string& type, const std::string& name) {
  const TypeRow& row = tables.types[tables.index.at(type)];
  for (std::uint32_t i = 0; i < row.field_count; ++i) {
    if (tables.fields[row.first_field + i].name == name) return &tables.fields[row.first_field + i];
  }
  return nullptr;
}

TEST(Description, HasNoMistakes) {
  Api api;
  EXPECT_EQ(mistakes(description(), api), "");
}

TEST(Description, GainsAFieldByOneLine) {
  Files files = description();
  std::string& apps = files.at("apps/v1.api");
  std::size_t at = apps.find("\ntype DeploymentSpec ");
  ASSERT_NE(at, std::string::npos);
  at = apps.find('\n', at + 1) + 1;
  apps.insert(
      at,
      "  holdBack 77 int32 pointer omitempty default=3 min=0 \"How many pods to hold back.\"\n");

  Api api;
  ASSERT_EQ(mistakes(files, api), "");
  const Tables tables = kubernetes_tables(api);
  const FieldRow* field = find_field(tables, "apps/v1.DeploymentSpec", "holdBack");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(field->proto, 77);
  EXPECT_EQ(field->flags, "kPointer | kOmitEmpty | kOptional | kHasMinimum");
  EXPECT_NE(emit_atoms(api).find("KNARR_ATOM(holdBack, \"holdBack\")"), std::string::npos);
  EXPECT_NE(emit_types(tables).find("How many pods to hold back."), std::string::npos);
  EXPECT_NE(emit_views(api, api.packages.at("apps/v1"))
                .find("std::int32_t holdBack(std::int32_t fallback = {})"),
            std::string::npos);
}

TEST(Description, HasARowForEveryNotation) {
  Api api;
  ASSERT_EQ(mistakes(description(), api), "");
  const Tables tables = kubernetes_tables(api);
  for (const TypeRow& row : tables.types) {
    EXPECT_FALSE(row.kind.empty()) << row.name;
    EXPECT_LT(row.element, tables.types.size());
    EXPECT_LE(row.first_field + row.field_count, tables.fields.size());
  }
  for (const FieldRow& row : tables.fields) EXPECT_LT(row.type, tables.types.size()) << row.name;
  EXPECT_EQ(tables.types[tables.index.at("[]core/v1.Container")].kind, "List");
  EXPECT_EQ(tables.types[tables.index.at("map[string]string")].kind, "Map");
  EXPECT_EQ(tables.types[tables.index.at("core/v1.ResourceList")].kind, "Map");
}

TEST(Grpc, MessagesOfAComponentComeWithThoseTheyUse) {
  Api api;
  ASSERT_EQ(mistakes(description(), api), "");
  const auto packages = packages_of(api, "runtime/cri");
  EXPECT_TRUE(packages.contains("cri/v1"));
  EXPECT_TRUE(packages.contains("google/protobuf"));
  EXPECT_FALSE(packages.contains("core/v1"));
  const Tables tables =
      make_tables(api, [&](const Package& package) { return packages.contains(package.name); });
  const FieldRow* state = find_field(tables, "cri/v1.PodSandboxStatus", "state");
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->proto, 3);
  EXPECT_EQ(tables.types[state->type].kind, "Int32");
  EXPECT_EQ(tables.types[state->type].enum_count, 2U);
  const std::string header = emit_messages_header(api, tables, "runtime/cri");
  EXPECT_NE(
      header.find(
          "static constexpr Method RunPodSandbox{\"/runtime.v1.RuntimeService/RunPodSandbox\""),
      std::string::npos);
  EXPECT_NE(header.find("SANDBOX_NOTREADY = 1;"), std::string::npos);
}

TEST(Inlining, NestsTwoNumbersAndCountsGroups) {
  Api api;
  ASSERT_EQ(mistakes({{"x.api",
                       "package p\ntype A {\n  a 1 string\n  inline 2 B\n  inline 3 D\n}\n"
                       "type B {\n  b 1 string\n  inline 4 C\n}\ntype C {\n  c 1 string\n}\ntype D "
                       "{\n  d 1 string\n}\n"}},
                     api),
            "");
  const Tables tables = kubernetes_tables(api);
  EXPECT_EQ(find_field(tables, "p.A", "a")->inline_proto, 0);
  EXPECT_EQ(find_field(tables, "p.A", "b")->inline_proto, 2);
  EXPECT_EQ(find_field(tables, "p.A", "c")->inline_proto, 2 | 4 << 8);
  EXPECT_EQ(find_field(tables, "p.A", "d")->inline_proto, 3);
  EXPECT_NE(find_field(tables, "p.A", "b")->inline_group,
            find_field(tables, "p.A", "c")->inline_group);
  EXPECT_NE(find_field(tables, "p.A", "b")->inline_group,
            find_field(tables, "p.A", "d")->inline_group);
}

struct Mistake {
  const char* name;
  const char* content;
  const char* message;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldWithFileAndLine) {
  EXPECT_EQ(mistakes_of(GetParam().content), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Mistakes,
    testing::Values(
        Mistake{"unknown_statement", "package p\nstruct A {\n",
                "x.api:2: unknown statement 'struct' (version, package, type, enum, gate, group, "
                "resource, convert, "
                "service)\n"},
        Mistake{"no_package", "type A {\n}\n",
                "x.api:1: 'version' or 'package' comes first\nx.api:2: a statement begins with a "
                "word, found '}'\n"},
        Mistake{"no_number", "package p\ntype A {\n  a\n}\n",
                "x.api:3: expected a protobuf number, or '-' for none\n"},
        Mistake{"bad_number", "package p\ntype A {\n  a x string\n}\n",
                "x.api:3: the protobuf number is a whole number, not 'x'\nx.api:3: a protobuf "
                "number is 1 to 65535\n"},
        Mistake{"open_quote", "package p\ntype A {\n  a 1 string \"help\n}\n",
                "x.api:3: a quote is not closed on its line\n"},
        Mistake{"not_closed", "package p\ntype A {\n  a 1 string\n",
                "x.api:2: type A is not closed by '}'\n"},
        Mistake{"unknown_type", "package p\ntype A {\n  a 1 []B\n}\n",
                "x.api:3: unknown type p.B\n"},
        Mistake{"number_twice", "package p\ntype A {\n  a 1 string\n  b 1 string\n}\n",
                "x.api:4: protobuf number 1 is used twice in A\n"},
        Mistake{"name_twice",
                "package p\ntype A {\n  a 1 string\n  inline 2 B\n}\ntype B {\n  a 1 string\n}\n",
                "x.api:7: field a stands twice in A\n"},
        Mistake{"type_twice", "package p\ntype A {\n}\ntype A {\n}\n",
                "x.api:4: type p.A is described twice\n"},
        Mistake{"inlines_itself", "package p\ntype A {\n  inline 1 A\n}\n",
                "x.api:2: A inlines itself\n"},
        Mistake{"bad_default", "package p\ntype A {\n  a 1 int32 default=\"one\"\n}\n",
                "x.api:3: default \"one\" does not fit int32\n"},
        Mistake{"default_no_value",
                "package p\nenum E published { X Y }\ntype A {\n  a 1 E default=\"Z\"\n}\n",
                "x.api:4: default \"Z\" is no value of p.E\n"},
        Mistake{"list_on_text", "package p\ntype A {\n  a 1 string list=set\n}\n",
                "x.api:3: list= on a, which is no list\n"},
        Mistake{"key_not_there",
                "package p\ntype A {\n  a 1 []B merge=name list=map:kind\n}\ntype B {\n  name 1 "
                "string\n}\n",
                "x.api:3: p.B has no field kind\n"},
        Mistake{"unknown_gate", "package p\ntype A {\n  a 1 string gate=Warp\n}\n",
                "x.api:3: unknown gate Warp\n"},
        Mistake{"min_above_max", "package p\ntype A {\n  a 1 int32 min=3 max=2\n}\n",
                "x.api:3: min is above max\n"},
        Mistake{
            "resource_of_struct",
            "version g/v1\ngroup g 1 { v1:1 }\nresource as A {\n  verbs get fly\n}\ntype A {\n}\n",
            "x.api:3: g/v1.A is no object: it has no kind and apiVersion\nx.api:3: unknown verb "
            "'fly'\n"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(UnknownWords, AreToldWithTheKnownOnes) {
  EXPECT_NE(mistakes_of("package p\ntype A {\n  a 1 string nullable\n}\n")
                .find("x.api:3: unknown word 'nullable' for a field (pointer,"),
            std::string::npos);
}

TEST(StorageVersionHash, IsThatOfKubernetes) {
  EXPECT_EQ(storage_version_hash("", "v1", "Pod"), "xPOwRZ+Yhw8=");
  EXPECT_EQ(storage_version_hash("apps", "v1", "Deployment"), "8aSe+NMegvE=");
}

}  // namespace
}  // namespace knarr::apigen
