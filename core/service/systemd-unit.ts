import { dirname } from 'node:path'
import { FINAL_EXIT_CODES, type ServiceRequest, STOP_SECONDS } from './contract.ts'

/**
 * What an agent without root's rights can do without. Left out on purpose:
 * - MemoryDenyWriteExecute: V8 compiles at run time.
 * - ProtectControlGroups: each run has a cgroup of its own.
 * - RestrictNamespaces, and what mounts over /proc (ProtectKernelTunables, ProtectKernelLogs, ProtectProc): the sandbox of plugins and
 *   that of Claude tasks make namespaces and mount a /proc of their own, which the kernel allows only while the outer one is whole.
 * - UMask: commands would inherit it.
 * - WatchdogSec: Node has no datagram sockets of this kind to feed it with, and a program started each time would tell less.
 */
const HARDENING = `
# What the agent and its commands cannot do. To open more, use a drop-in: \`systemctl edit gururmm-agent\`.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelModules=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @mount
SystemCallErrorNumber=EPERM
`

/**
 * The unit of an agent. As root it is not hardened: what its operator wants of it then, administering the machine, is what hardening
 * takes away.
 *
 * @param request `user` is the account's name.
 */
export function unitFile(request: Omit<ServiceRequest, 'start' | 'secretFiles'> & { readonly user: string }): string {
  const { command, args, user } = request
  return `# Written by \`gururmm-agent service install\`, which writes it anew; changes belong into \`systemctl edit gururmm-agent\`.
[Unit]
Description=GuruRMM agent
Documentation=https://github.com/azcomputerguru/gururmm-agent
Wants=network-online.target
After=network-online.target
# A machine that was offline for a week comes back as soon as it can.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${[...command, ...args].map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}
User=${user}
SyslogIdentifier=gururmm-agent
Restart=always
RestartSec=5
# The command line or the config has to be mended first.
RestartPreventExitStatus=${FINAL_EXIT_CODES.join(' ')}
# A stop asks the agent alone, which lets running commands end; what is left after that goes with it.
KillMode=mixed
TimeoutStopSec=${STOP_SECONDS}
# Each command has a cgroup of its own, and takes nobody with it when it runs out of memory.
Delegate=yes
OOMPolicy=continue
${user === 'root' ? '' : hardening(request)}
[Install]
WantedBy=multi-user.target
`
}

function hardening({ dataDir, logFile, writable }: Pick<ServiceRequest, 'dataDir' | 'logFile' | 'writable'>): string {
  const folders = [dataDir, ...(logFile === null ? [] : [dirname(logFile)]), ...writable]
  return `${HARDENING}ReadWritePaths=${[...new Set(folders)].map(quoted).join(' ')}\n`
}

/** One word of a unit file's value: `%` means something to systemd, spaces part words. On command lines `$` means something too. */
function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')
  return /^[\w./:@%+,=-]+$/.test(escaped) ? escaped : `"${escaped}"`
}
