#!/bin/sh
# usage: run.sh DIRECTORY
# Starts DIRECTORY/danted on loopback with loopback.conf, and DIRECTORY/hello as
# something to reach through it; prints a command to try. Ctrl-C ends both.
set -eu

bin=$1
here=$(dirname "$0")
pids=

# Everything runs from a folder of its own: the unprivileged user must be able
# to execute the worker, and a checkout below /root or a home folder is closed.
dir=$(mktemp -d "${TMPDIR:-/tmp}/rustsocks-run.XXXXXX")
finish() {
	status=$?
	trap '' INT TERM HUP
	# shellcheck disable=SC2086 # a list of words
	[ -z "$pids" ] || kill $pids 2>/dev/null || true
	wait
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 0' INT TERM HUP
chmod 755 "$dir"
cp "$bin"/* "$dir"

listening() {
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}

port=1080
while listening "$port"; do
	port=$((port + 1))
	[ "$port" -lt 1100 ] || { echo "run: the ports 1080 to 1099 are all taken" >&2; exit 1; }
done

edit="s/^\(internal:.* port = \).*/\1$port/"
outside=$(awk 'NR > 1 && $2 == "00000000" { print $1; exit }' /proc/net/route 2>/dev/null || true)
[ -z "$outside" ] || edit="$edit; s/^external:.*/external: $outside/"
[ "$(id -u)" -eq 0 ] || edit="$edit; /^user\./d"
sed "$edit" "$here/loopback.conf" >"$dir/danted.conf"

mkfifo "$dir/address"
"$dir/hello" >"$dir/address" &
pids=$!
read -r target <"$dir/address"

"$dir/danted" -f "$dir/danted.conf" -p "$dir/danted.pid" &
server=$!
pids="$pids $server"
tries=0
until listening "$port"; do
	kill -0 "$server" 2>/dev/null || wait "$server" || exit 1
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { echo "run: the server does not listen after 10 seconds" >&2; exit 1; }
	sleep 0.1
done

cat <<END

danted listens on 127.0.0.1:$port. Try it from another terminal; Ctrl-C here ends it.

  curl -x socks5h://127.0.0.1:$port http://$target/

END
wait "$server"
