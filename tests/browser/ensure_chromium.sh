#!/bin/sh
# Browser tests use /usr/bin/chromium; else playwright's own; else they say what is missing.
set -u
venv=$1
if [ -x /usr/bin/chromium ]; then exit 0; fi
if "$venv/bin/playwright" install chromium; then exit 0; fi
echo "The browser tests need Chromium: install it as /usr/bin/chromium, or run 'playwright install chromium'." >&2
exit 1
