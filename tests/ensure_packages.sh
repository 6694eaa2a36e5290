#!/bin/sh
# What the tests need beside Python: Chromium, and Java for Spark. As root they are installed at once;
# else what is missing is said, and Chromium comes from playwright (browser/ensure_chromium.sh).
set -u
missing=""
[ -x /usr/bin/chromium ] || missing="chromium fonts-dejavu-core"
command -v java >/dev/null 2>&1 || missing="$missing openjdk-17-jre-headless"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests, once: $missing"
  # shellcheck disable=SC2086
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
fi
command -v java >/dev/null 2>&1 && exit 0
echo "The Spark test needs Java 17 or newer: install a Java runtime so that 'java' is found." >&2
exit 1
