#!/bin/sh
# Browser tests use /usr/bin/chromium; else apt-get if root; else playwright's own; else they say so.
set -u
venv=$1
if [ -x /usr/bin/chromium ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests (once)"
  if apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null; then
    exit 0
  fi
fi
if "$venv/bin/playwright" install chromium; then exit 0; fi
echo "The browser tests need Chromium: install it as /usr/bin/chromium, or run 'playwright install chromium'." >&2
exit 1
