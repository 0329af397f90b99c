#!/usr/bin/env bash
# Sekisho: everything from a fresh Debian 12 to a running gateway.
#
#   ./setup.sh deps     install what is missing (apt; root or sudo)
#   ./setup.sh build    build the release into build/, programs in build/bin/
#   ./setup.sh test     every check and test; prints "N passed, N failed" last
#   ./setup.sh demo     build, start a gateway on a fresh folder, feed it the
#                       samples, show what became of them; --once: then stop
#   ./setup.sh bench    measure, print ratios; "bench mail": only mail; "bench
#                       console": only the console; "bench account": 30,000
#                       messages under 3,000 kills, half an hour
set -euo pipefail
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive PYTHONUTF8=1
# Debian's own python, whatever else is installed.
PYTHON=/usr/bin/python3

BUILD_PACKAGES=(
  build-essential clang cmake ninja-build pkg-config ccache openssl python3
  libarchive-dev libclamav-dev libcmocka-dev libcyaml-dev libdeflate-dev
  libetpan-dev libgmime-3.0-dev libgnutls28-dev libgsf-1-dev libgumbo-dev libheif-dev libjansson-dev libjpeg-dev
  libmagic-dev libmicrohttpd-dev libmilter-dev libopendkim-dev libopenjp2-7-dev libpoppler-glib-dev
  libcairo2-dev libldap-dev liboath-dev libfido2-dev libqrencode-dev poppler-data
  libqpdf-dev librnp-dev libseccomp-dev libsodium-dev libsqlite3-dev libssl-dev
  libtiff-dev libutf8proc-dev libvips-dev libwebp-dev libxml2-dev libyaml-dev nettle-dev
  zlib1g-dev
)
TEST_PACKAGES=(
  chromium clang-format clang-tidy cppcheck fonts-noto-cjk libclang-rt-14-dev
  libvips-tools poppler-utils
  gpg gpg-agent openssl postfix rsyslog rsyslog-gnutls slapd swaks
  # sekisho-office converts with it where it is there: docs/office.md
  libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui
  libmime-tools-perl maildrop python3-dkim python3-jsonschema python3-msoffcrypto-tool qpdf sqlite3
)
TEST_SERVICES=(rsyslog slapd)
# What the gateway is measured beside; none of them is started as a service.
BENCH_PACKAGES=(
  amavisd-new clamav-daemon clamav-milter rspamd
)
PEER_SERVICES=(amavis clamav-daemon clamav-freshclam clamav-milter rspamd)

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
  # Without this they ask; with it, they are neither configured nor started.
  printf '%s\n' "postfix postfix/main_mailer_type select No configuration" \
    "slapd slapd/no_configuration boolean true" | as_root debconf-set-selections
  as_root apt-get update -q >&2
  as_root apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt could not install: ${missing[*]}"
}

# Packages that would start services: not while this lies there, and those that
# are new on the machine not at the next boot either.
# usage: install_unstarted ARRAY-OF-PACKAGES ARRAY-OF-SERVICES
install_unstarted() {
  local -n packages=$1 services=$2
  local policy=/usr/sbin/policy-rc.d made='' lacking='' package service new=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      lacking=yes
  done
  [ -n "$lacking" ] || return 0
  for service in "${services[@]}"; do
    systemctl cat "$service" >/dev/null 2>&1 || new+=("$service")
  done
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=yes
  fi
  # In a subshell: what was made goes again when apt fails, too.
  local code=0
  (install_packages "${packages[@]}") || code=$?
  [ -z "$made" ] || as_root rm -f $policy
  if [ -d /run/systemd/system ] && [ ${#new[@]} -gt 0 ]; then
    as_root systemctl disable --quiet "${new[@]}" || true
  fi
  [ $code -eq 0 ] || exit $code
}

# What drives the browser in the tests of the console: exactly the versions of
# tests/browser/package-lock.json. Debian's npm, where there is none.
install_browser_driver() {
  command -v npm >/dev/null || install_packages nodejs npm
  (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) ||
    fail "npm could not install tests/browser/package-lock.json"
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
  # Debian 12's gcc is the only one that this script builds with.
  cmake --preset release -DSEKISHO_WERROR=ON >build.log 2>&1 || { cat build.log >&2; fail "configuring failed"; }
  if [ -t 2 ]; then # ninja's line shows how far it is
    cmake --build build >&2 || fail "building failed"
  else
    cmake --build build >>build.log 2>&1 || { tail -50 build.log >&2; fail "building failed: build.log"; }
  fi
  mv build.log build/build.log
}

run_test() {
  install_packages "${BUILD_PACKAGES[@]}"
  install_unstarted TEST_PACKAGES TEST_SERVICES
  install_browser_driver
  build
  exec "$PYTHON" tests/run.py "$@"
}

demo() {
  build
  exec "$PYTHON" samples/demo.py "$@"
}

bench() {
  install_packages "${BUILD_PACKAGES[@]}"
  install_unstarted TEST_PACKAGES TEST_SERVICES
  install_unstarted BENCH_PACKAGES PEER_SERVICES
  build
  if [ "${1:-}" = mail ]; then
    shift
    exec "$PYTHON" tests/bench/mail.py "$@"
  fi
  if [ "${1:-}" = account ]; then
    SEKISHO_BUILD="$PWD/build" "$PYTHON" tests/system/73-mail-kills.py 30000 3000
    SEKISHO_BUILD="$PWD/build" "$PYTHON" tests/system/77-mail-kills-inner.py 3000 300
    SEKISHO_BUILD="$PWD/build" exec "$PYTHON" tests/system/80-mail-kills-lmtp.py 3000 300
  fi
  if [ "${1:-}" = console ]; then
    shift
    exec "$PYTHON" tests/bench/console.py "$@"
  fi
  "$PYTHON" tests/bench/bench.py "$@"
  # Of what was asked of the other it takes only this.
  case " $* " in
    *" --quick "*)
      "$PYTHON" tests/bench/console.py --quick
      exec "$PYTHON" tests/bench/mail.py --quick
      ;;
    *" --only "*) ;;
    *)
      "$PYTHON" tests/bench/console.py
      exec "$PYTHON" tests/bench/mail.py
      ;;
  esac
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
    sed -n '2,13s/^# \{0,1\}//p' setup.sh
    exit 64
    ;;
esac
