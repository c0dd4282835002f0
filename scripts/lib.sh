# Shared by the scripts beside it: progress, packages, who builds and who is root. Sourced, not run.
# shellcheck shell=bash

root_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root_folder" || exit 1

build_packages=(clang-19 lld-19 llvm-19 libclang-rt-19-dev cmake ninja-build ccache pkg-config
  libstdc++-12-dev libc6-dev libuv1-dev libnghttp2-dev libssl-dev libyaml-dev libsqlite3-dev
  libre2-dev libc-ares-dev rapidjson-dev libboost-dev libfmt-dev zlib1g-dev libzstd-dev libcli11-dev)
test_packages=(libgtest-dev libbenchmark-dev python3 curl openssl iproute2 nftables sqlite3)

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Runs as the person who called sudo, so that build/ stays theirs.
as_user() {
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
    sudo -u "$SUDO_USER" -- "$@"
  else
    "$@"
  fi
}

# Installs the packages that are missing; Debian 13 names the C++ library's version differently.
install_packages() {
  local missing=() package
  for package in "$@"; do
    if [ "$package" = libstdc++-12-dev ] && ! apt-cache show libstdc++-12-dev >/dev/null 2>&1; then
      package=libstdc++-14-dev
    fi
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "these packages are needed and there is no apt-get: ${missing[*]}"
  say "installing ${#missing[@]} packages (${missing[*]:0:4} ...)"
  as_root apt-get update -qq || fail "apt-get update failed: check /etc/apt/sources.list and the network"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null || fail "installing ${missing[*]} failed: run apt-get install to see why"
}

# build PRESET TARGET...: configures when needed, builds with ninja's own progress, tells the time.
build() {
  local preset=$1 start=$SECONDS
  shift
  say "building $* ($preset)"
  [ -f "build/$preset/build.ninja" ] || as_user cmake --preset "$preset" >/dev/null ||
    fail "cmake --preset $preset failed"
  if [ -t 1 ]; then
    as_user cmake --build "build/$preset" --target "$@"
  else
    as_user cmake --build "build/$preset" --target "$@" | awk 'NR % 50 == 0 || /error|FAILED/ {print; fflush()}'
  fi
  local status=${PIPESTATUS[0]}
  [ "$status" = 0 ] || fail "the build of $* failed"
  say "built $* in $((SECONDS - start)) s"
}
