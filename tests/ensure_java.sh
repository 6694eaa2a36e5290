#!/bin/sh
# The Spark test uses the Java that is there; else apt-get if root; else it says what is missing.
if command -v java >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Java for the Spark test (once)"
  if apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless >/dev/null; then
    exit 0
  fi
fi
echo "The Spark test needs Java 17 or newer: install a Java runtime so that 'java' is found." >&2
exit 1
