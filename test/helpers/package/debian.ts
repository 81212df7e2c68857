import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** Where a Debian of a test sees the folder that it shares with the test. */
export const EXCHANGE = '/exchange'

/** How a Debian ended, with what it printed. */
export interface DebianEnd {
  readonly code: number | null
  readonly output: string
}

/**
 * Runs a script as root in a copy of this machine, which is gone with it: what it installs and whom it adds is in memory alone. It sees
 * `folder` as {@link EXCHANGE}. Within it, `boot SCRIPT` boots a real systemd that runs another script as its one task, with this
 * machine's network. Needs root, and overlayfs.
 */
export function runOnDebian(t: Test, folder: string, script: string): Promise<DebianEnd> {
  const whole = `set -eu
  base='${folder}'/.machine
  mkdir "$base"
  mount -t tmpfs -o size=2g none "$base"
  mkdir "$base/upper" "$base/work" "$base/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
  machine=$base/root
  mkdir -p "$machine${EXCHANGE}"
  mount --bind '${folder}' "$machine${EXCHANGE}"
  mount -t proc proc "$machine/proc"
  mount --bind /dev "$machine/dev"
  # Its own name, or its journal would be this machine's
  : > "$machine/etc/machine-id"
  inside() { chroot "$machine" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
  boot() {
    umount "$machine/proc" "$machine/dev" "$machine${EXCHANGE}"
    cat > "$machine/etc/systemd/system/task.service" <<END
[Unit]
Wants=basic.target
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh ${EXCHANGE}/$1
StandardOutput=file:${EXCHANGE}/task.out
StandardError=inherit
ExecStopPost=/bin/systemctl --no-block exit
END
    systemd-nspawn --directory="$machine" --bind='${folder}:${EXCHANGE}' --boot --quiet --register=no --keep-unit \\
      --console=pipe systemd.unit=task.service
    cat '${folder}/task.out'
    mount -t proc proc "$machine/proc"
    mount --bind /dev "$machine/dev"
  }
  ${script}`
  // A group of its own, and the namespace's end is that of all in it
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', `exec 2>&1\n${whole}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = Promise.all([text(child.stdout), once(child, 'exit')])
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return ended.then(([output, [code]]) => ({ code: code as number | null, output }))
}
