# shellcheck shell=sh
# What tests/install, tests/no-runtime and tests/run share: who is here to compile. Expects the
# working directory to be the root of the project, and $ME to name the script.

say() { echo "$ME: $*" >&2; }
die() { say "$*"; exit 1; }

PATH=$PATH:$PWD/target/tools/bin

# The crates that need neither an operating system nor a runtime.
# shellcheck disable=SC2034 # used by those that read this file
PURE="-p sasl-core -p imap-auth -p smtp-auth -p sieve-auth -p token-lifecycle"
# v6m has no compare-and-swap, so that there credentials are shared by Rc instead of Arc.
TARGETS="thumbv6m-none-eabi thumbv7m-none-eabi wasm32-unknown-unknown"
MSRV=$(sed -n '/^\[workspace.package\]/,/^$/ s/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

has_nightly() { rustup run nightly rustc --version > /dev/null 2>&1; }

has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; }

has_all_targets() {
    for target in $TARGETS; do has_target "$target" || return 1; done
}

# A Rust compiler of the oldest supported version: rustup's or Debian's.
msrv_rustc() {
    toolchain=$(rustup toolchain list 2> /dev/null | sed -n "s/^\(${MSRV}[.-][^ ]*\).*/\1/p" | head -n 1)
    for rustc in ${toolchain:+"$(rustup which --toolchain "$toolchain" rustc)"} rustc /usr/bin/rustc; do
        case $("$rustc" --version 2> /dev/null) in
            "rustc $MSRV".*) echo "$rustc"; return ;;
        esac
    done
}

# A Rust compiler with the source of its own standard library: Debian's, or any with rust-src.
build_std_rustc() {
    for rustc in /usr/bin/rustc rustc; do
        if [ -e "$("$rustc" --print sysroot 2> /dev/null)/lib/rustlib/src/rust/library/Cargo.lock" ]; then
            echo "$rustc"
            return
        fi
    done
}
