#!/usr/bin/env bash
# Unpacks Debian's kernel into .cache/guest-kernel, for the virtual machine of the tests and of
# examples/qemu-guest. Nothing is installed; 27 MB are fetched once.
set -euo pipefail
cd "$(dirname "$0")/.."

where=.cache/guest-kernel
if compgen -G "$where/boot/vmlinuz-*" >/dev/null; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo 'this machine has no apt-get to fetch a kernel with: the virtual machine is skipped'
  exit 0
fi
# The package is a mere pointer to that of the present version.
kernel() {
  apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends:/ { print $2; exit }'
}
[[ -n $(kernel) ]] || apt-get update -qq
package=$(kernel)
mkdir -p "$where"
cd "$where"
apt-get download -qq "$package" || { apt-get update -qq && apt-get download -qq "$package"; }
dpkg-deb -x ./*.deb .
rm -- ./*.deb
