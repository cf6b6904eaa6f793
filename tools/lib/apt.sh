# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Packages of any Debian suite and architecture: downloaded and unpacked, never installed. The mirror is the one this
# machine's own apt uses; lists and packages have an apt state of their own in the cache. Sourced.

cache=${COREKIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/corekit}

die()
{
	echo "${0##*/}: $*" >&2
	exit 125
}

# need COMMAND:PACKAGE...: each command is there, or all packages that are missing are named.
need()
{
	local pair missing=

	for pair; do
		command -v "${pair%%:*}" >/dev/null || missing+=" ${pair##*:}"
	done
	[ -z "$missing" ] || die "missing: apt-get install$missing"
}

# apt_state SUITE[:ARCH] sets $state and $apt, the options that make any apt command work on that suite.
apt_state()
{
	local suite=${1%%:*} arch=${1#*:}

	need apt-get:apt dpkg-deb:dpkg flock:util-linux
	[ "$arch" != "$1" ] || arch=$(dpkg --print-architecture)
	state=$cache/apt/$suite-$arch
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	apt=(-qq -o APT::Architecture="$arch" -o APT::Architectures="$arch"
	     -o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=-
	     -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
	     -o Dir::State::Lists="$state/lists" -o Dir::State::Status=/dev/null -o Dir::Cache="$state"
	     # Suites that have come to their end say that they have expired; their signatures are still checked.
	     -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o APT::Sandbox::User=root
	     -o APT::Update::Post-Invoke=- -o APT::Update::Post-Invoke-Success=-)
}

# apt_update SUITE[:ARCH] [KEYRING]
apt_update()
{
	local keys=${2:-/usr/share/keyrings/debian-archive-keyring.gpg} uri newer

	apt_state "$1"
	[ -e "$keys" ] || die "missing: apt-get install debian-archive-keyring"
	uri=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' |
	      awk '$1 ~ /\/debian\// && $2 == "main" { print $1; exit }')
	[ -n "$uri" ] || die "this machine's apt knows no Debian mirror"
	echo "deb [signed-by=$keys] $uri ${1%%:*} main" >"$state/sources.list"
	if apt-get "${apt[@]}" update >"$state/log" 2>&1 && ! grep -q '^[WE]:' "$state/log"; then
		touch "$state/updated"
	elif grep -q NO_PUBKEY "$state/log" && [ $# = 1 ] && [ "${1%%:*}" != bookworm ]; then
		# An older machine: bookworm's keyring has the keys of the suites after it.
		newer=$(fetch bookworm debian-archive-keyring)
		apt_update "$1" "$newer/usr/share/keyrings/debian-archive-keyring.gpg"
	else
		die "cannot read Debian $1: $(grep -m1 '^[WE]:' "$state/log" || tail -n1 "$state/log")"
	fi
}

# apt_fresh SUITE[:ARCH]: apt_state with lists less than a day old.
apt_fresh()
{
	apt_state "$1"
	[ -n "$(find "$state/updated" -mtime -1 2>/dev/null)" ] || apt_update "$1"
	apt_state "$1"
}

# newest SUITE[:ARCH] REGEX: the package of the highest version among those whose whole name matches.
newest()
{
	apt_fresh "$1"
	apt-cache "${apt[@]}" search --names-only "^$2\$" | cut -d' ' -f1 | sort -V | tail -n1
}

# fetch SUITE[:ARCH] PACKAGE...: unpacks the newest of each and prints the folder it is in, one a line.
fetch()
{
	local from=$1 pkg version dir lock

	apt_fresh "$from"
	exec {lock}>"$state/lock"
	flock "$lock"
	for pkg in "${@:2}"; do
		version=$(apt-cache "${apt[@]}" show --no-all-versions "$pkg" 2>/dev/null | sed -n 's/^Version: //p') || true
		[ -n "$version" ] || die "Debian $from has no package $pkg"
		dir=$state/${pkg}_$version
		if ! [ -d "$dir" ]; then
			rm -rf "$state/new"
			mkdir "$state/new"
			# A package that is gone has a newer version: read the lists again.
			if ! (cd "$state/new" && apt-get "${apt[@]}" download "$pkg") >"$state/log" 2>&1; then
				apt_update "$from"
				(cd "$state/new" && apt-get "${apt[@]}" download "$pkg") >"$state/log" 2>&1 ||
					die "cannot download $pkg: $(head -n1 "$state/log")"
			fi
			dpkg-deb -x "$state"/new/*.deb "$state/new"
			rm "$state"/new/*.deb
			mv "$state/new" "$dir"
		fi
		echo "$dir"
	done
	exec {lock}>&-
}
