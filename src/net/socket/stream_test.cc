// SPDX-License-Identifier: Apache-2.0
// Streams: TCP, unix sockets and pipes behave alike.
#include "net/stream.h"

#include "base/run_sync.h"
#include "base/task_group.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

Task<std::string> read_to_end(Stream* stream) {
  std::string all;
  std::array<char, 1000> buffer;
  while (true) {
    const Result<std::size_t> size = co_await stream->read(buffer);
    if (!size || *size == 0) break;
    all.append(buffer.data(), *size);
  }
  co_return all;
}

Task<> send_and_end(Stream* stream, std::string bytes) {
  EXPECT_TRUE(co_await stream->write(bytes));
  EXPECT_TRUE(co_await stream->shutdown_write());
}

Task<> exchange(Stream* left, Stream* right) {
  const std::string large(3'000'000, 'x');
  const auto [a, b, c, d] = co_await all(send_and_end(left, large), send_and_end(right, "pong"),
                                         read_to_end(left), read_to_end(right));
  EXPECT_EQ(c, "pong");
  EXPECT_TRUE(d == large);
}

Task<Result<std::size_t>> read_some(Stream* stream) {
  std::array<char, 10> buffer;
  co_return co_await stream->read(buffer);
}

Task<int> close_soon(Loop* loop, Stream* stream) {
  co_await yield();
  stream->close();
  co_return 0;
}

Task<> check_stream_contract(Loop* loop, std::unique_ptr<Stream> left,
                             std::unique_ptr<Stream> right) {
  {  // A cancelled read leaves the stream as it was.
    const Result<std::size_t> result = co_await with_deadline(*loop, 1ms, read_some(left.get()));
    EXPECT_TRUE(result.error().is(Reason::Timeout));
  }
  co_await exchange(left.get(), right.get());
  const auto [read, closed] = co_await all(read_some(left.get()), close_soon(loop, left.get()));
  EXPECT_TRUE(!read || *read == 0);
  EXPECT_FALSE(co_await left->write("x"));
  EXPECT_FALSE(co_await read_some(left.get()));
}

Task<> connect_both_ways(Loop* loop, Address address) {
  std::unique_ptr<Listener> listener = MUST(listen(*loop, address));
  auto [client, server] = co_await all(connect(*loop, listener->address()), listener->accept());
  EXPECT_TRUE(client);
  EXPECT_TRUE(server);
  if (address.is_ip()) {
    EXPECT_EQ((*client)->peer_address(), listener->address());
    EXPECT_EQ((*client)->local_address(), (*server)->peer_address());
  }
  co_await check_stream_contract(loop, std::move(*client), std::move(*server));
  listener->close();
  const auto late = co_await listener->accept();
  EXPECT_TRUE(late.error().is(Reason::Gone));
}

TEST(Stream, TcpKeepsTheContract) {
  Loop loop;
  run_sync(loop, connect_both_ways(&loop, MUST(Address::parse("127.0.0.1:0"))));
}

TEST(Stream, UnixSocketKeepsTheContractAndReplacesAStaleFile) {
  Loop loop;
  const std::string path = "/tmp/knarr_stream_test_" + std::to_string(getpid());
  run_sync(loop, connect_both_ways(&loop, Address::unix_socket(path)));
  run_sync(loop, connect_both_ways(&loop, Address::unix_socket(path)));
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(Stream, PipeKeepsTheContract) {
  Loop loop;
  auto [left, right] = make_pipe(loop);
  run_sync(loop, check_stream_contract(&loop, std::move(left), std::move(right)));
}

TEST(Stream, RefusedConnectionsSaySo) {
  Loop loop;
  Address nobody;
  {
    const auto listener = MUST(listen(loop, MUST(Address::parse("127.0.0.1:0"))));
    nobody = listener->address();
  }
  const auto result = run_sync(loop, connect(loop, nobody));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "dial " + nobody.to_string() + ": connection refused");
  EXPECT_FALSE(run_sync(loop, connect(loop, Address::unix_socket("/nonexistent/socket"))));
}

TEST(Loop, RunsPostsOfOtherThreadsAndTimersInOrder) {
  Loop loop;
  std::vector<int> order;
  std::jthread other([&] {
    loop.post([&] {
      EXPECT_TRUE(loop.is_current());
      order.push_back(1);
    });
    loop.cancel_timer(loop.start_timer(1ms, [&] { order.push_back(9); }));
    loop.start_timer(5ms, [&] {
      order.push_back(2);
      loop.start_timer(2ms, [&] {
        order.push_back(4);
        loop.stop();
      });
      loop.start_timer(1ms, [&] { order.push_back(3); });
    });
  });
  loop.run();
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

Task<int> ping(Loop* here, Loop* there, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await switch_to(*there);
    EXPECT_TRUE(there->is_current());
    co_await switch_to(*here);
  }
  co_return rounds;
}

TEST(Loop, TasksMoveBetweenLoops) {
  Loop here;
  Loop there;
  std::jthread runner([&] { there.run(); });
  EXPECT_EQ(run_sync(here, ping(&here, &there, 1000)), 1000);
  there.stop();
}

TEST(Address, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:80", "[::1]:443", "[fd00::1:2]:6443", "unix:/run/x.sock"}) {
    EXPECT_EQ(MUST(Address::parse(text)).to_string(), text);
  }
  EXPECT_EQ(MUST(Address::parse("localhost:80")).to_string(), "127.0.0.1:80");
  EXPECT_EQ(MUST(Address::parse("unix:///run/x")).path(), "/run/x");
  for (const char* bad : {"", "1.2.3.4", "1.2.3:80", "1.2.3.4:", "1.2.3.4:65536", "::1:80",
                          "[::1:80", "01.2.3.4:5", "example.com:80", "1.2.3.4:+5"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
  EXPECT_EQ(MUST(IpAddress::parse("2001:0db8:0:0::0001")).to_string(), "2001:db8::1");
  EXPECT_TRUE(MUST(IpAddress::parse("127.3.2.1")).is_loopback());
  EXPECT_TRUE(MUST(IpAddress::parse("::1")).is_loopback());
  EXPECT_TRUE(MUST(IpAddress::parse("fe80::1")).is_link_local());
  EXPECT_TRUE(MUST(IpAddress::parse("::")).is_unspecified());
  EXPECT_FALSE(IpAddress::parse(std::string("1.2.3.4\0", 8)));
}

}  // namespace
}  // namespace knarr::net
