// SPDX-License-Identifier: Apache-2.0
// The server against curl, which has another HTTP/2 and HTTP/1.1 client than ours.
#include "net/testing/http_fixture.h"

#include <cstdio>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace knarr::net {
namespace {

using testing::TestPki;
using testing::TestServer;

std::string run_command(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, got);
  pclose(pipe);
  return output;
}

struct RunningServer {
  explicit RunningServer(bool with_tls) : server(with_tls), thread([this] { server.loop.run(); }) {}
  ~RunningServer() {
    server.loop.stop();
    thread.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  TestServer server;
  std::thread thread;
};

class Curl : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run_command("curl --version 2>/dev/null").find("HTTP2") == std::string::npos) {
      GTEST_SKIP() << "install the package curl";
    }
    folder_ = run_command("mktemp -d");
    folder_.pop_back();
    std::ofstream(folder_ + "/ca.pem") << TestPki::get().ca.certificate;
    std::ofstream(folder_ + "/client.pem")
        << TestPki::get().client.certificate << TestPki::get().client.key;
  }
  void TearDown() override { run_command("rm -rf " + folder_); }

  std::string curl(const RunningServer& server, const std::string& arguments,
                   const std::string& path, bool tls = true) const {
    return run_command("curl -sS -m 20 --cacert " + folder_ + "/ca.pem " + arguments +
                       (tls ? " https" : " http") + "://" +
                       server.server.server.address().to_string() + path + " 2>&1");
  }

  std::string folder_;
};

TEST_F(Curl, SpeaksHttp2OverTls) {
  RunningServer server(true);
  const std::string answer = curl(server, "--http2 -i", "/hello");
  EXPECT_TRUE(answer.starts_with("HTTP/2 200")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello\n")) << answer;
  EXPECT_NE(answer.find("date: "), std::string::npos) << answer;
  EXPECT_EQ(curl(server, "--http2 -i -d abc", "/echo").find("connection"),
            std::string::npos);  // BEHAVIOURS 5
  EXPECT_EQ(curl(server, "--http2 -o /dev/null -w '%{size_download} %{http_version}'", "/large"),
            "5000000 2");
  EXPECT_TRUE(curl(server, "--http2 -w '%{http_code}'", "/nothing").ends_with("500"));
}

TEST_F(Curl, SpeaksHttp11OverTlsAndPlain) {
  RunningServer server(true);
  const std::string answer = curl(server, "--http1.1 -i", "/hello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")) << answer;
  EXPECT_EQ(curl(server, "--http1.1 -o /dev/null -w '%{size_download} %{http_version}'", "/large"),
            "5000000 1.1");
  RunningServer plain(false);
  EXPECT_EQ(curl(plain, "", "/hello", false), "hello\n");
  EXPECT_EQ(curl(plain, "--http2-prior-knowledge", "/hello", false), "hello\n");
  EXPECT_EQ(curl(plain, "--http1.0", "/large", false).size(), 5'000'000U);
  EXPECT_EQ(curl(server, "", "/hello", false), "Client sent an HTTP request to an HTTPS server.\n");
}

TEST_F(Curl, SendsLargeBodiesAndReadsHeads) {
  RunningServer server(true);
  run_command("head -c 3000000 /dev/zero | tr '\\0' 'y' > " + folder_ + "/body");
  for (const char* version : {"--http2 ", "--http1.1 "}) {
    const std::string flags =
        std::string(version) + "-o /dev/null -w '%{http_code} %{size_download}' ";
    EXPECT_EQ(curl(server, flags + "--data-binary @" + folder_ + "/body", "/echo"), "200 3000000");
    EXPECT_EQ(
        curl(server, flags + "-H 'Transfer-Encoding: chunked' --data-binary @" + folder_ + "/body",
             "/echo"),
        "200 3000000");
    if (version ==
        std::string_view("--http1.1 ")) {  // curl 7 stumbles over RFC 9113 8.1's RST_STREAM.
      EXPECT_EQ(curl(server, flags + "--data-binary @" + folder_ + "/body", "/refuse"), "413 3");
    }
    EXPECT_EQ(curl(server, flags + "-I", "/hello"), "200 0");
  }
}

TEST_F(Curl, ShowsItsCertificate) {
  RunningServer server(true);
  const std::string with = "--http2 --cert " + folder_ + "/client.pem";
  const std::string address = server.server.server.address().to_string();
  EXPECT_EQ(curl(server, with, "/peer"), address + " 2 2 ");  // curl adds the CA.
  EXPECT_EQ(curl(server, "--http1.1", "/peer"), address + " 1 0 ");
}

}  // namespace
}  // namespace knarr::net
