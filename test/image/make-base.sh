#!/bin/sh
# Assembles a base image from a node program of this machine and the libraries that it is linked with, so that the proxy's image
# can be built where no registry of images is reached.
#
#   [NODE=PROGRAM] make-base.sh NAME [BUILDAH'S GLOBAL OPTIONS ...]     NODE: the one in PATH by default
set -eu
name="$1"
shift

node="$(readlink -f "${NODE:-$(command -v node)}")"
container="$(buildah "$@" from scratch)"
root="$(buildah "$@" mount "$container")"

# Mount points, which can't be made later in a read-only root.
mkdir -p "$root/usr/bin" "$root/proc" "$root/dev" "$root/tmp" "$root/etc/cdk8s-mesh" "$root/var/run/secrets"
cp "$node" "$root/usr/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

buildah "$@" umount "$container" >/dev/null
buildah "$@" commit --quiet --rm "$container" "$name"
