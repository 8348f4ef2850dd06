#!/bin/sh
# Builds the explorer's page again from its source and the locked packages. Needs Node 20 or later.
set -eu
cd "$(dirname "$0")/source"
npm ci
npm run build
