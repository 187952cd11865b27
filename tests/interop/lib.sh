# shellcheck shell=sh
# What up.sh and down.sh share. Expects $ME, the name of the script, and gives $DIR.

say() { echo "$ME: $*" >&2; }
die() { say "$*"; exit 1; }
# Not a failure of anything here: this machine or this user cannot do it at all.
refuse() { say "$*"; exit 2; }

choose_dir() { # [DIR]
    DIR=${1:-${MAIL_LOGIN_INTEROP_DIR:-/var/tmp/mail-login-interop}}
    case $DIR in
        -*) refuse "usage: $ME [DIR]" ;;
        /*) ;;
        *) DIR=$(pwd)/$DIR ;;
    esac
    DIR=${DIR%/}
    case $DIR in
        *[!A-Za-z0-9._/-]* | '') refuse "'$DIR' cannot be used: letters, digits and ._/- only, and not the root" ;;
    esac
    [ "$(id -u)" = 0 ] || refuse "needs root: it installs packages and runs servers under several users"
}

# One at a time on this machine, because the ports are fixed. The lock is held on descriptor 9 until
# the script ends, so whatever stays running must be started with "9>&-".
lock() {
    command -v flock > /dev/null || refuse "needs flock, from Debian's package util-linux"
    exec 9> /run/mail-login-interop.lock
    flock --timeout 900 9 || die "another up.sh or down.sh has been busy for 15 minutes"
}

# The processes that were started from $DIR: by program and by working directory, so that neither a
# number that was used again, nor a process whose file of that number is gone, is mistaken.
running() {
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$DIR/*" 2> /dev/null | while read -r link; do
        process=${link%/cwd}
        case $(readlink "$process/exe" 2> /dev/null) in
            /usr/sbin/dovecot* | /usr/lib/dovecot/* | /usr/lib/postfix/* | */node | */node\ *)
                echo "${process#/proc/}"
                ;;
        esac
    done
}

# The files with the numbers of the five processes that all others descend from.
pid_files() {
    echo "$DIR/local/run/master.pid $DIR/introspect/run/master.pid $DIR/userinfo/run/master.pid"
    echo "$DIR/postfix/spool/pid/master.pid $DIR/provider.pid"
}

pid_in() { # FILE
    tr -dc 0-9 2> /dev/null < "$1" || true
}

signal_and_wait() { # SIGNAL PIDS
    # shellcheck disable=SC2086 # a list of numbers
    kill -s "$1" $2 2> /dev/null || true
    tries=0
    while [ -n "$(running)" ] && [ $tries -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}

stop_all() {
    masters=
    here=$(running)
    for file in $(pid_files); do
        [ -e "$file" ] || continue
        pid=$(pid_in "$file")
        for candidate in $here; do
            [ "$candidate" != "$pid" ] || masters="$masters $pid"
        done
    done
    [ -z "$masters" ] || signal_and_wait TERM "$masters"
    for signal in TERM KILL; do # those that outlived their master
        here=$(running)
        [ -z "$here" ] || signal_and_wait "$signal" "$(echo "$here" | tr '\n' ' ')"
    done
    [ -z "$(running)" ] || die "some processes do not end: $(running | tr '\n' ' ')"
    # shellcheck disable=SC2046 # a list of files
    rm -f $(pid_files) "$DIR/running"
}
