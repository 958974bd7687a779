#!/bin/sh
# Installs metamanager on a gateway, without internet: see --help.
set -eu
umask 022

usage() {
  cat <<'END'
Usage: install.sh [options]

Installs or upgrades metamanager on this machine, from files that are here:
binary, user, folders, configuration and a service of systemd. Run again it
changes only what differs; a configuration that exists is never touched.

  --binary FILE      the program; default: metamanager beside this script
  --config FILE      configuration for a machine that has none
  --server HOST[:PORT]  CloudCore's certificate server, port 10002: writes a
                     configuration with which the node joins when it starts
  --cloud-port PORT  port of CloudHub on that host, 10000 by default
  --token-file FILE  join token (keadm gettoken), copied for the node
  --node-id NAME     name of the node, by default the host name
  --user NAME        user of the service, metamanager by default
  --no-start         install, and start nothing
  --yes              ask nothing
  --dry-run          say what would be done, and do nothing
  --root DIR         install below DIR, as for an image: no user, no service
  --uninstall        remove program and service; the store stays
  --purge            with --uninstall: also configuration, store, keys, user
  --help             this text

Exit codes: 0 done, 1 it did not work, 2 wrong arguments, nothing was touched.
END
}

say() { printf '%s\n' "$*"; }
fail() { # CODE TEXT...
  code=$1
  shift
  printf 'install.sh: %s\n' "$*" >&2
  exit "$code"
}
# Runs a command, or says so.
run() {
  if [ "$dry_run" = yes ]; then
    say "would: $*"
  else
    "$@"
  fi
}
needs() { [ $# -ge 2 ] || fail 2 "$1 needs a value"; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binary='' config='' server='' cloud_port=10000 token_file='' node_id=''
user=metamanager root='' action=install
dry_run=no yes=no purge=no start=yes
while [ $# -gt 0 ]; do
  case $1 in
    --binary) needs "$@" && binary=$2 && shift ;;
    --config) needs "$@" && config=$2 && shift ;;
    --server) needs "$@" && server=$2 && shift ;;
    --cloud-port) needs "$@" && cloud_port=$2 && shift ;;
    --token-file) needs "$@" && token_file=$2 && shift ;;
    --node-id) needs "$@" && node_id=$2 && shift ;;
    --user) needs "$@" && user=$2 && shift ;;
    --root) needs "$@" && root=${2%/} && shift ;;
    --no-start) start=no ;;
    --yes) yes=yes ;;
    --dry-run) dry_run=yes ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    --help | -h) usage && exit 0 ;;
    *) fail 2 "unknown option: $1 (see --help)" ;;
  esac
  shift
done

bin=$root/usr/local/bin/metamanager
etc=$root/etc/metamanager
edge_yaml=$etc/edge.yaml
state=$root/var/lib/metamanager
unit=$root/etc/systemd/system/metamanager.service

matches() { # TEXT PATTERN
  printf '%s\n' "$1" | grep -Eq "^($2)\$"
}
check_arguments() {
  matches "$user" '[a-z_][a-z0-9_-]{0,30}' || fail 2 "--user: no user name: $user"
  [ -z "$server" ] ||
    matches "$server" '([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?' ||
    fail 2 "--server: expected HOST or HOST:PORT: $server"
  matches "$cloud_port" '[1-9][0-9]{0,4}' || fail 2 "--cloud-port: no port: $cloud_port"
  [ -z "$node_id" ] || matches "$node_id" '[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?' ||
    fail 2 "--node-id: no name of a node: $node_id"
  [ -z "$root" ] || [ -d "$root" ] || fail 2 "--root: no folder: $root"
  if [ "$action" = install ]; then
    [ "$purge" = no ] || fail 2 "--purge goes with --uninstall"
    [ -z "$config" ] || [ -z "$server$token_file$node_id" ] ||
      fail 2 "--config goes without --server, --token-file and --node-id"
    [ -n "$server" ] || [ -z "$token_file" ] || fail 2 "--token-file goes with --server"
    for file in "$config" "$token_file"; do
      [ -z "$file" ] || [ -r "$file" ] || fail 2 "cannot read $file"
    done
  fi
  [ -n "$root" ] || [ "$dry_run" = yes ] || [ "$(id -u)" = 0 ] ||
    fail 1 "root is needed: run it with sudo, or look first with --dry-run"
}
# Whether users, owners and services of this machine are meant.
is_live() { [ -z "$root" ]; }
has_systemd() { is_live && [ -d /run/systemd/system ]; }
may_ask() { [ "$yes" = no ] && [ "$dry_run" = no ] && [ -t 0 ]; }
ask() { # QUESTION: the answer in $answer
  printf '%s: ' "$1"
  read -r answer || answer=''
}

# Bytes of a file as hex digits.
bytes() { # FILE OFFSET COUNT
  od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
find_binary() {
  [ -n "$binary" ] || for file in "$here/metamanager" \
    "$here/../dist/metamanager-$(uname -m)-unknown-linux-gnu"; do
    [ -z "$binary" ] && [ -f "$file" ] && binary=$file
  done
  [ -n "$binary" ] || fail 2 "there is no metamanager beside this script: give --binary"
  [ -r "$binary" ] || fail 2 "cannot read $binary"
}
# Refuses what cannot run here, before anything is touched.
check_binary() {
  find_binary
  [ "$(bytes "$binary" 0 4)" = 7f454c46 ] || fail 1 "$binary is no program for Linux"
  case $(bytes "$binary" 18 2) in
    3e00) target=x86_64 ;;
    b700) target=aarch64 ;;
    *) target=unknown ;;
  esac
  machine=$(uname -m)
  [ "$machine" = arm64 ] && machine=aarch64
  [ "$machine" = amd64 ] && machine=x86_64
  [ "$target" = "$machine" ] ||
    fail 1 "$binary is for $target, this machine is $machine"
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  case $libc in
    glibc\ *) libc=${libc#glibc } ;;
    *) fail 1 "this machine has no glibc, which the program needs (musl does not do)" ;;
  esac
  major=${libc%%.*} minor=${libc#*.}
  minor=${minor%%.*}
  [ "$major" -gt 2 ] || [ "$minor" -ge 27 ] ||
    fail 1 "glibc 2.27 or newer is needed, this machine has $libc"
  if [ ! -x "$binary" ]; then
    [ "$dry_run" = no ] || fail 1 "$binary is not executable: chmod +x it to look first"
    chmod +x "$binary"
  fi
  version=$(version_of "$binary") ||
    fail 1 "$binary does not run here (was it stripped, is libgcc_s.so.1 missing?)"
}
version_of() { # PROGRAM
  "$1" version | sed -n 's/^metamanager  *\([^ ]*\).*/\1/p' | grep .
}

# Puts a file in place as a whole: beside, synced, renamed.
place() { # FROM TO MODE
  if [ -f "$2" ] && cmp -s "$1" "$2"; then
    say "unchanged: $2"
    return 0
  fi
  say "writing: $2"
  changed=yes
  [ "$dry_run" = no ] || return 0
  # Readable by nobody else while it is written: it may hold a token.
  (umask 077 && cp "$1" "$2.new" && chmod "$3" "$2.new") || {
    rm -f "$2.new"
    fail 1 "cannot write $2: it is as it was"
  }
  sync
  mv -f "$2.new" "$2"
}
make_folder() { # FOLDER MODE
  if [ ! -d "$1" ]; then
    say "making: $1"
    run mkdir -p "$1"
    run chmod "$2" "$1"
  fi
}
own() { # OWNER PATH
  is_live || return 0
  run chown "$1" "$2"
}

make_user() {
  is_live || return 0
  if id "$user" >/dev/null 2>&1; then
    say "unchanged: user $user"
    return 0
  fi
  say "making: user $user"
  if command -v useradd >/dev/null; then
    run useradd --system --user-group --home-dir /var/lib/metamanager \
      --no-create-home --shell /usr/sbin/nologin "$user"
  else
    run addgroup -S "$user"
    run adduser -S -D -H -h /var/lib/metamanager -s /sbin/nologin -G "$user" "$user"
  fi
}

install_binary() {
  run mkdir -p "${bin%/*}"
  # The one that ran so far stays, for the way back.
  if [ -f "$bin" ] && ! cmp -s "$binary" "$bin"; then
    say "keeping: $bin.previous"
    run ln -f "$bin" "$bin.previous"
  fi
  place "$binary" "$bin" 755
}

ask_for_cloud() {
  [ -z "$server$config" ] && may_ask || return 0
  ask "CloudCore's certificate server, HOST[:PORT] (nothing: a node without cloud)"
  server=$answer
  [ -n "$server" ] || return 0
  ask "Name of the node (nothing: the host name)"
  node_id=$answer
  ask "File with the join token (nothing: none)"
  token_file=$answer
  check_arguments
}
# Makes a configuration for a machine that has none, and tries it.
prepare_configuration() {
  if [ -e "$edge_yaml" ]; then
    # A node that does not start any more after an upgrade is far away.
    [ ! -r "$edge_yaml" ] || "$binary" config print --config "$edge_yaml" >/dev/null ||
      fail 1 "this version does not take $edge_yaml: nothing was touched"
    [ -z "$config$server" ] || say "not used, there is a configuration: ${config:-$server}"
    return 0
  fi
  ask_for_cloud
  if [ -n "$config" ]; then
    cp "$config" "$work/edge.yaml"
  elif [ -n "$server" ]; then
    cloud_configuration >"$work/edge.yaml"
  else
    "$binary" config print --default >"$work/edge.yaml"
  fi
  "$binary" config print --config "$work/edge.yaml" >/dev/null ||
    fail 2 "the configuration has a mistake: nothing was touched"
}
write_configuration() {
  make_folder "$etc" 750
  own "root:$user" "$etc"
  if [ -e "$edge_yaml" ]; then
    say "unchanged: $edge_yaml (an existing configuration is never touched)"
    return 0
  fi
  place "$work/edge.yaml" "$edge_yaml" 640
  own "root:$user" "$edge_yaml"
}
cloud_configuration() {
  case $server in
    *]:* | *]) host=${server%]*}] ;;
    *) host=${server%:*} ;;
  esac
  cat <<END
# The node joins with the token file when it starts, and removes it then. All
# keys there are: metamanager config print --default
edgehub:
  websocket:
    url: "wss://$host:$cloud_port"
    cafile: /var/lib/metamanager/certs/rootCA.crt
    certfile: /var/lib/metamanager/certs/server.crt
    keyfile: /var/lib/metamanager/certs/server.key
  http-server: "$server"
  token-file: /var/lib/metamanager/join-token
END
  [ -z "$node_id" ] || printf '  controller:\n    node-id: "%s"\n' "$node_id"
}
make_state() {
  make_folder "$state" 700
  own "$user:$user" "$state"
  [ -n "$token_file" ] || return 0
  place "$token_file" "$state/join-token" 600
  own "$user:$user" "$state/join-token"
}

unit_source() {
  for file in "$here/metamanager.service" "$here/../conf/metamanager.service"; do
    if [ -f "$file" ]; then
      printf '%s\n' "$file"
      return 0
    fi
  done
  fail 1 "there is no metamanager.service beside this script"
}
install_service() {
  if is_live && ! has_systemd; then
    without_systemd
    return 0
  fi
  run mkdir -p "${unit%/*}"
  sed -e "s/^User=.*/User=$user/" -e "s/^Group=.*/Group=$user/" "$(unit_source)" \
    >"$work/metamanager.service"
  place "$work/metamanager.service" "$unit" 644
  has_systemd || return 0
  run systemctl daemon-reload
  [ "$start" = yes ] || return 0
  run systemctl enable --quiet metamanager.service
  say "starting: metamanager.service"
  if [ "$changed" = yes ]; then
    run systemctl restart metamanager.service
  else
    run systemctl start metamanager.service
  fi
}
without_systemd() {
  cat <<END
This machine has no systemd. Have its service manager run, as user $user:
    /usr/local/bin/metamanager run --config /etc/metamanager/edge.yaml
Before the start: install -d -o $user -g $user -m 0750 /run/metamanager
It stays in the foreground, ends with SIGTERM within 5 s, reads its
configuration again on SIGHUP; restart it unless it ends with exit code 2.
  OpenRC, /etc/init.d/metamanager:
    #!/sbin/openrc-run
    supervisor=supervise-daemon
    command=/usr/local/bin/metamanager
    command_args="run --config /etc/metamanager/edge.yaml"
    command_user=$user:$user
    start_pre() { checkpath -d -o $user:$user -m 0750 /run/metamanager; }
  SysV init, /etc/inittab:
    mm:2345:respawn:/bin/su -s /bin/sh $user -c 'exec /usr/local/bin/metamanager run --config /etc/metamanager/edge.yaml'
END
}

remove() { # PATH...
  for path in "$@"; do
    [ -e "$path" ] || continue
    say "removing: $path"
    run rm -rf "$path"
  done
}
uninstall() {
  if [ "$purge" = yes ] && [ "$yes" = no ] && [ "$dry_run" = no ]; then
    [ -t 0 ] || fail 2 "--purge removes store and keys for good: confirm it with --yes"
    ask "Remove store, keys and configuration for good? (yes)"
    [ "$answer" = yes ] || fail 1 "nothing was removed"
  fi
  if has_systemd && [ -e "$unit" ]; then
    run systemctl disable --quiet --now metamanager.service
  fi
  remove "$unit" "$bin" "$bin.previous"
  if has_systemd; then run systemctl daemon-reload; fi
  if [ "$purge" = no ]; then
    say "kept: $etc, $state and user $user (--purge removes them)"
    return 0
  fi
  remove "$etc" "$state"
  if is_live && id "$user" >/dev/null 2>&1; then
    say "removing: user $user"
    if command -v userdel >/dev/null; then run userdel "$user"; else run deluser "$user"; fi
  fi
}

check_arguments
if [ "$action" = uninstall ]; then
  uninstall
  exit 0
fi
check_binary
unit_source >/dev/null
changed=no
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say "metamanager $version for $target"
prepare_configuration
make_user
make_state
write_configuration
install_binary
install_service
if [ "$dry_run" = yes ]; then
  say "nothing was changed"
elif is_live; then
  say "done: metamanager status --config /etc/metamanager/edge.yaml says how it does"
else
  say "done: installed below $root; user, owners and service come with the first run there"
fi
