// SPDX-License-Identifier: Apache-2.0
// Protobuf beyond the round-trip data: the envelope, proto3 messages of gRPC, what senders may do.
#include "codec/protobuf.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace knarr::codec {
namespace {

using object::FieldRow;
using object::Type;
using object::TypeKind;
using object::TypeRow;

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex[i] == ' ') {
      --i;
      continue;
    }
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// A proto3 message, as CRI has them: message M { string name = 1; int64 count = 2;
/// repeated int32 codes = 3; M inner = 4; optional bool flag = 5; uint32 mode = 6; bytes data = 7;
/// double ratio = 8; map<string, M> byName = 9; }
struct GrpcTable {
  std::string strings = std::string("\0M\0name\0count\0codes\0inner\0flag\0mode\0data\0ratio\0byName\0", 54);
  std::array<TypeRow, 10> types{};
  std::array<FieldRow, 9> fields{};
  object::TypeTable table;

  GrpcTable() {
    const std::array kinds = {TypeKind::Struct, TypeKind::String, TypeKind::Int64,  TypeKind::Int32, TypeKind::List,
                              TypeKind::Bool,   TypeKind::Uint32, TypeKind::Bytes, TypeKind::Double, TypeKind::Map};
    for (std::size_t i = 0; i < kinds.size(); ++i) types[i].kind = kinds[i];
    types[0].name = 1;
    types[0].field_count = 9;
    types[4].element = 3;
    types[9].element = 0;
    const std::array<std::uint32_t, 9> field_types = {1, 2, 4, 0, 5, 6, 7, 8, 9};
    std::uint32_t at = 3;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      fields[i].name = at;
      const std::string_view name = strings.data() + at;
      fields[i].atom = object::find_atom(name);
      fields[i].proto = static_cast<std::uint16_t>(i + 1);
      fields[i].type = field_types[i];
      at += static_cast<std::uint32_t>(name.size()) + 1;
    }
    fields[2].flags = object::kProtoPacked;
    fields[3].flags = fields[4].flags = object::kPointer;
    table.types = types;
    table.fields = fields;
    table.strings = strings.data();
  }
  [[nodiscard]] Type type() const { return table.at(0); }
};

std::string encoded(const GrpcTable& grpc, std::string_view json) {
  object::Draft draft = MUST(parse_json(json));
  std::string out;
  encode_protobuf(out, object::Draft::freeze(draft.root()).root(), grpc.type());
  return hex(out);
}

std::string decoded(const GrpcTable& grpc, std::string_view hex_bytes) {
  Result<object::Draft> draft = decode_protobuf(bytes(hex_bytes), grpc.type());
  if (!draft) return draft.error().message();
  std::string out;
  write_json(out, draft->root());
  return out;
}

TEST(GrpcMessages, AreWrittenByTheRulesOfProto3) {
  const GrpcTable grpc;
  EXPECT_EQ(encoded(grpc, "{}"), "");
  EXPECT_EQ(encoded(grpc, R"({"name":"","count":0,"codes":[],"mode":0,"ratio":0})"), "");
  EXPECT_EQ(encoded(grpc, R"({"flag":false,"inner":{}})"), "22002800");
  EXPECT_EQ(encoded(grpc, R"({"name":"a","count":-1})"), "0a016110ffffffffffffffffff01");
  EXPECT_EQ(encoded(grpc, R"({"codes":[1,0,300,-1]})"), "1a0e0100ac02ffffffffffffffffff01");
  EXPECT_EQ(encoded(grpc, R"({"mode":4294967295,"data":"AQI=","ratio":0.5})"), "30ffffffff0f3a02010241000000000000e03f");
  EXPECT_EQ(encoded(grpc, R"({"byName":{"b":{},"a":{"count":1}}})"), "4a070a0161120210014a050a01621200");
}

TEST(GrpcMessages, AreReadInAnyOrderPackedOrNot) {
  const GrpcTable grpc;
  EXPECT_EQ(decoded(grpc, "1801 1802 1a020304 1005 0a0161"), R"({"codes":[1,2,3,4],"count":5,"name":"a"})");
  EXPECT_EQ(decoded(grpc, "1005 1006"), R"({"count":6})");
  EXPECT_EQ(decoded(grpc, "22021001 22030a0178"), R"({"inner":{"count":1,"name":"x"}})");
  EXPECT_EQ(decoded(grpc, "4a070a016212021001 4a070a016112021002 4a070a016212021003"),
            R"({"byName":{"b":{"count":3},"a":{"count":2}}})");
  EXPECT_EQ(decoded(grpc, "41000000000000e03f 3a020102 30ffffffff0f 10ffffffffffffffffff01"),
            R"({"ratio":0.5,"data":"AQI=","mode":4294967295,"count":-1})");
}

TEST(GrpcMessages, MayHoldFieldsWeDoNotKnow) {
  const GrpcTable grpc;
  // Varint, 64 bits, bytes, a group with a group in it, 32 bits.
  EXPECT_EQ(decoded(grpc, "a00605 a1060102030405060708 a206026162 a30608 01 b306b406 a406 a50601020304 0a0161"),
            R"({"name":"a"})");
}

TEST(GrpcMessages, ThatAreDamagedAreRefused) {
  const GrpcTable grpc;
  for (const char* text : {"0a05 61", "10", "10ffffffffffffffffffff01", "00", "0f", "a306", "a40610", "0801", "1a0280"}) {
    EXPECT_TRUE(decoded(grpc, text).starts_with("invalid protobuf: ")) << text << " gave " << decoded(grpc, text);
  }
  EXPECT_EQ(decoded(grpc, "2203 22 01 10"), "invalid protobuf: inner.inner.count: the message is damaged");
}

TEST(GrpcMessages, AreBoundedInDepthAndSize) {
  const GrpcTable grpc;
  std::string deep;
  for (int i = 0; i < 300; ++i) {
    std::string outer = "\x22";
    std::size_t length = deep.size();
    for (; length >= 0x80; length >>= 7) outer += static_cast<char>(0x80 | (length & 0x7F));
    outer += static_cast<char>(length);
    deep = outer + deep;
  }
  EXPECT_FALSE(decode_protobuf(deep, grpc.type()).has_value());
  EXPECT_TRUE(decode_protobuf(deep, grpc.type(), {.max_depth = 400}).has_value());
  EXPECT_FALSE(decode_protobuf(bytes("1a03010203"), grpc.type(), {.max_values = 2}).has_value());
}

TEST(Protobuf, ReplacesInvalidUtf8) {
  const GrpcTable grpc;
  EXPECT_EQ(decoded(grpc, "0a0461ff6280"), "{\"name\":\"a\xEF\xBF\xBD" "b\xEF\xBF\xBD\"}");
}

TEST(Protobuf, HasTheResourceVersionOfTheHeaderUnlessStored) {  // DESIGN 4
  const Type type = api::types().find("core/v1.ConfigMap");
  object::Draft draft = MUST(parse_json(R"({"metadata":{"name":"a","resourceVersion":"12"},"data":{"k":"v"}})"));
  const object::Document document = freeze_typed(draft, type);
  const auto version = [type](const object::Document& d, ProtobufOptions options) {
    std::string out;
    encode_protobuf(out, d, type, options);
    const object::Draft again = MUST(decode_protobuf(out, type));
    EXPECT_EQ(again["data"]["k"].as_string(), "v");
    return std::string(again["metadata"]["resourceVersion"].as_string("none"));
  };
  EXPECT_EQ(version(document, {}), "12");
  EXPECT_EQ(version(document, {.without_resource_version = true}), "none");
}

TEST(Envelope, KeepsItsFieldsApart) {  // BEHAVIOURS 6
  std::string out;
  encode_envelope_raw(out, "v1", "Pod", "raw");
  EXPECT_EQ(hex(out), "6b387300" "0a09" "0a027631" "1203506f64" "1203726177" "1a00" "2200");
  const Envelope envelope = MUST(decode_envelope(out));
  EXPECT_EQ(envelope.api_version, "v1");
  EXPECT_EQ(envelope.kind, "Pod");
  EXPECT_EQ(envelope.raw, "raw");
  EXPECT_EQ(envelope.content_encoding, "");
  const std::string with_type = bytes("6b387300 1a0467 7a69 70 2203 612f62 1203 726177");
  EXPECT_EQ(MUST(decode_envelope(with_type)).content_encoding, "gzip");
  EXPECT_EQ(MUST(decode_envelope(with_type)).content_type, "a/b");
  EXPECT_EQ(MUST(decode_envelope(with_type)).raw, "raw");
  EXPECT_FALSE(decode_envelope("{}").has_value());
  EXPECT_FALSE(decode_envelope(bytes("6b387300 12ff")).has_value());
}

}  // namespace
}  // namespace knarr::codec
