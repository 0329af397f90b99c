#!/usr/bin/env bash
# Sekisho: everything from a fresh Debian 12 to a running gateway.
#
#   ./setup.sh deps     install what is missing (apt; root or sudo)
#   ./setup.sh build    build the release into build/, programs in build/bin/
#   ./setup.sh test     every check and test; prints "N passed, N failed" last
#   ./setup.sh demo     build, start a gateway on a fresh folder, feed it the
#                       samples, show what became of them; --once: then stop
#   ./setup.sh bench    measure, print ratios
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive PYTHONUTF8=1
# Debian's own python, whatever else is installed.
PYTHON=/usr/bin/python3

BUILD_PACKAGES=(
  build-essential clang cmake ninja-build pkg-config ccache python3
  libarchive-dev libclamav-dev libcmocka-dev libcyaml-dev libdeflate-dev
  libetpan-dev libgmime-3.0-dev libgumbo-dev libheif-dev libjansson-dev libjpeg-dev
  libmagic-dev libmilter-dev libopenjp2-7-dev libpoppler-glib-dev
  libqpdf-dev libseccomp-dev libsodium-dev libsqlite3-dev
  libtiff-dev libutf8proc-dev libvips-dev libwebp-dev libxml2-dev libyaml-dev nettle-dev
  zlib1g-dev
)
TEST_PACKAGES=(
  clang-format clang-tidy cppcheck libclang-rt-14-dev poppler-utils
  postfix swaks
  libmime-tools-perl maildrop python3-jsonschema qpdf sqlite3
)

say() { printf '\n== %s\n' "$*" >&2; }

fail() {
  printf 'setup.sh: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n "$@" || fail "cannot become root without a password: run as root, or install by hand: $*"
  else
    fail "not root, and there is no sudo. As root: $*"
  fi
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing: ${missing[*]}"
  # Without this Postfix asks; with it, it is neither configured nor started.
  echo "postfix postfix/main_mailer_type select No configuration" |
    as_root debconf-set-selections
  as_root apt-get update -q >&2
  as_root apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt could not install: ${missing[*]}"
}

# As root the gateway becomes this user; a plain user runs it as itself.
make_user() {
  [ "$(id -u)" -eq 0 ] || return 0
  getent passwd sekisho >/dev/null ||
    useradd --system --no-create-home --shell /usr/sbin/nologin sekisho
}

deps() {
  install_packages "${BUILD_PACKAGES[@]}"
  make_user
}

build() {
  deps
  say "building into build/"
  cmake --preset release >build.log 2>&1 || { cat build.log >&2; fail "configuring failed"; }
  if [ -t 2 ]; then # ninja's line shows how far it is
    cmake --build build >&2 || fail "building failed"
  else
    cmake --build build >>build.log 2>&1 || { tail -50 build.log >&2; fail "building failed: build.log"; }
  fi
  mv build.log build/build.log
}

run_test() {
  install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
  build
  exec "$PYTHON" tests/run.py "$@"
}

demo() {
  build
  exec "$PYTHON" samples/demo.py "$@"
}

bench() {
  install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" \
    libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui
  build
  exec "$PYTHON" tests/bench/bench.py "$@"
}

command=${1:-}
[ $# -gt 0 ] && shift
case $command in
  deps) deps ;;
  build) build ;;
  test) run_test "$@" ;;
  demo) demo "$@" ;;
  bench) bench "$@" ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' setup.sh
    exit 64
    ;;
esac
