// SPDX-License-Identifier: Apache-2.0
// The small things of base: base64, hashes, random numbers, regular expressions, log, metrics.
#include "base/base64.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/regex.h"
#include "base/rng.h"

#include <set>

#include <gtest/gtest.h>

namespace knarr {
namespace {

TEST(Base64, EncodesAndDecodesEveryForm) {
  // RFC 4648 10
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}};
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(*base64_decode(text), plain);
    const std::string raw = text.substr(0, text.find('='));
    EXPECT_EQ(base64_encode(plain, Base64::UrlRaw), raw);
    EXPECT_EQ(*base64_decode(raw, Base64::UrlRaw), plain);
  }
  EXPECT_EQ(base64_encode("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64_encode("\xfb\xff\xfe", Base64::Url), "-__-");
  std::string all(256, '\0');
  for (int i = 0; i < 256; ++i) all[i] = static_cast<char>(i);
  EXPECT_EQ(*base64_decode(base64_encode(all)), all);
}

TEST(Base64, RefusesWhatIsNotExactlyTheForm) {
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "=",
                          "====", "Z=g=", "-__-"}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
  for (const char* bad : {"Zg==", "Z", "Zh", "+//+"})
    EXPECT_FALSE(base64_decode(bad, Base64::UrlRaw)) << bad;
}

TEST(Hash, AgreesWithTheReferenceValues) {
  EXPECT_EQ(fnv32a(""), 0x811c9dc5U);
  EXPECT_EQ(fnv32a("a"), 0xe40c292cU);
  EXPECT_EQ(fnv32("a"), 0x050c5d7eU);
  EXPECT_EQ(fnv64a("foobar"), 0x85944171f73967e8ULL);
  EXPECT_EQ(fnv32a("bar", fnv32a("foo")), fnv32a("foobar"));
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32("6789", crc32("12345")), 0xcbf43926U);
}

TEST(Rng, SeededRepeatsAndSecureDoesNot) {
  SeededRng one(42);
  SeededRng two(42);
  SeededRng other(43);
  EXPECT_EQ(one.next(), two.next());
  EXPECT_NE(one.next(), other.next());
  SecureRng secure;
  EXPECT_NE(secure.next(), secure.next());
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(one.below(7));
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(*seen.rbegin(), 6U);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(one.uniform(), 1.0);
}

TEST(Rng, MakesUuidsAndSafeSuffixes) {
  SeededRng rng(1);
  const Regex uuid =
      MUST(Regex::compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(uuid.full_match(rng.uuid()));
  EXPECT_TRUE(
      MUST(Regex::compile("[bcdfghjklmnpqrstvwxz2456789]{5}")).full_match(rng.safe_suffix()));
}

TEST(Regex, MatchesFindsReplacesAndExplains) {
  const Regex pair = MUST(Regex::compile("([a-z]+)=([0-9]+)(x)?"));
  EXPECT_TRUE(pair.full_match("a=1"));
  EXPECT_FALSE(pair.full_match("a=1 "));
  EXPECT_TRUE(pair.partial_match("  a=1 "));
  const auto groups = pair.find("see port=80 now");
  ASSERT_TRUE(groups);
  EXPECT_EQ((*groups)[1], "port");
  EXPECT_EQ((*groups)[2], "80");
  EXPECT_EQ((*groups)[3], std::nullopt);
  EXPECT_EQ(pair.replace_all("a=1 b=2", "\\2"), "1 2");
  const Result<Regex> bad = Regex::compile("a(b");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(), "error parsing regexp: missing ): a(b");
}

std::string last_line;

TEST(Log, WritesOneLineWithQuotedFields) {
  log::set_sink([](std::string_view line) { last_line = line; });
  constexpr log::Logger kLog("net");
  kLog.info(
      "started",
      {{"port", 6443}, {"name", "a b"}, {"ok", true}, {"text", std::string("x\ny")}, {"n", 2U}});
  ASSERT_GT(last_line.size(), 25U);
  EXPECT_EQ(last_line.substr(24),
            " INFO net: started port=6443 name=\"a b\" ok=true text=\"x\\ny\" n=2\n");
  last_line.clear();
  log::debug("hidden");
  EXPECT_EQ(last_line, "");
  log::set_level(log::Level::Debug);
  log::debug("seen\nx", {{"error", Error(Reason::Gone, "away")}});
  EXPECT_EQ(last_line.substr(24), " DEBUG seen x error=away\n");
  log::set_level(log::Level::Info);
  log::set_sink(nullptr);
}

TEST(Metrics, PrintsPrometheusText) {
  metrics::Registry registry;
  const auto requests = registry.counters("requests_total", "Requests.", {"verb", "code"});
  requests.with({"GET", "200"}).add();
  requests.with({"GET", "200"}).add(2);
  requests.with({"a\"b\\", "500"}).add();
  registry.gauge("up", "Is up.").set(1.5);
  auto& latency = registry.histogram("latency_seconds", "Time.", {0.1, 1});
  latency.observe(0.1);
  latency.observe(0.5);
  latency.observe(7);
  EXPECT_EQ(
      registry.text(),
      "# HELP latency_seconds Time.\n# TYPE latency_seconds histogram\n"
      "latency_seconds_bucket{le=\"0.1\"} 1\nlatency_seconds_bucket{le=\"1\"} 2\n"
      "latency_seconds_bucket{le=\"+Inf\"} 3\nlatency_seconds_sum 7.6\nlatency_seconds_count 3\n"
      "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
      "requests_total{verb=\"GET\",code=\"200\"} "
      "3\nrequests_total{verb=\"a\\\"b\\\\\",code=\"500\"} 1\n"
      "# HELP up Is up.\n# TYPE up gauge\nup 1.5\n");
}

}  // namespace
}  // namespace knarr
