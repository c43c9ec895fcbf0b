#!/bin/sh
# Pulumi's CLI for a job: one release, whose archive and checksum come from two hosts, and must agree.
set -eu

version=3.259.0
case "$(uname -m)" in
  aarch64 | arm64) machine=arm64 ;;
  *) machine=x64 ;;
esac
archive="pulumi-v$version-linux-$machine.tar.gz"

fetch() {
  curl --fail --silent --show-error --location --proto =https --retry 3 --output "$2" "$1"
}

cd "$(mktemp -d)"
fetch "https://get.pulumi.com/releases/sdk/$archive" "$archive"
fetch "https://github.com/pulumi/pulumi/releases/download/v$version/pulumi-$version-checksums.txt" checksums.txt
grep " $archive\$" checksums.txt | sha256sum --check --quiet
tar --extract --gzip --file "$archive" --directory "${1:-/usr/local/bin}" --strip-components 1
