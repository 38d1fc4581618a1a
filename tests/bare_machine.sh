#!/bin/bash
# A machine of its own beside this one: an overlay of its root, own names, processes and network, and a
# systemd of its own. `bare_machine.sh NAME WORK LOWER WHAT=WHERE ...`, in a mount namespace of its own;
# it says the process id of that systemd, and ends all of it when it is told to end (SIGTERM).
set -euo pipefail
name=$1 work=$2 lower=$3 groups=$2/groups root=$2/root
shift 3

mount --make-rprivate /
mkdir -p "$work"/{upper,overlay} "$root" "$groups"
mount -t overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/overlay" overlay "$root"
for bound in "$@"; do
    mkdir -p "$root${bound#*=}"
    mount --bind "${bound%%=*}" "$root${bound#*=}"
done
# Nothing starts that is not told to, and nobody's console is asked for a login.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/resolv.conf
echo "$name" >"$root/etc/hostname"
for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$place"; done
chmod 1777 "$root/tmp"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root"/dev/{pts,shm} "$root/run/outside"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0 1 2; do ln -s "/proc/self/fd/$number" "$root/dev/$(printf 'stdin\nstdout\nstderr' | sed -n $((number + 1))p)"; done

# systemd keeps what it started apart in groups, and takes those below its own.
mount -t cgroup2 cgroup2 "$groups"
group=$groups/fieldfare-$$
mkdir "$group"
echo $$ >"$group/cgroup.procs"

# shellcheck disable=SC2016 # expanded there
unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child bash -euc '
    hostname "$1"
    ip link set lo up
    cd "$2"
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    pivot_root . run/outside
    umount --lazy /run/outside
    exec env -i container=bare PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system systemd.unit=basic.target' bash "$name" "$root" &
child=$!
trap 'kill -KILL "$child"' TERM
until init=$(<"/proc/$child/task/$child/children") && [[ -n $init && $(<"/proc/${init% }/comm") == systemd ]]; do
    kill -0 "$child"
    sleep 0.02
done
echo "$init"
# The first wait ends as it is told to end, the second one once it did.
{ wait "$child" || wait "$child" || true; } 2>/dev/null
echo $$ >"$groups/cgroup.procs"
# Who was killed is gone from there a moment later.
until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.02; done
