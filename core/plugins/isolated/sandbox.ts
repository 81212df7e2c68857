import { dirname } from 'node:path'
import type { Launch, LaunchOptions } from './launch.ts'

/** Looked at by name resolution and TLS; only where the network is granted. */
const NETWORK_FILES = ['/etc/resolv.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/ssl', '/etc/pki']

/**
 * The same process under bubblewrap: of the disk there is only what it was granted and what Node.js needs, of processes only itself, and
 * no network unless granted.
 */
export function sandboxed(launch: Launch, options: LaunchOptions): Launch {
  const { folder, dataDir, agentFolders, permissions, node, dropsRights } = options
  const readable = [folder, ...agentFolders, ...listOf(permissions.read), ...(permissions.network ? NETWORK_FILES : [])]
  const writable = [dataDir, ...listOf(permissions.write)]
  const files = [node, ...sharedObjects()]
  const args = [
    ...namespaces(permissions.network, dropsRights),
    ...['--die-with-parent', '--new-session'],
    ...['--tmpfs', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    // Else it makes them for root alone, and the plugin's account could not pass
    ...parentsOf([...files, ...readable, ...writable]).flatMap((path) => ['--perms', '0755', '--dir', path]),
    ...files.flatMap((file) => ['--ro-bind', file, file]),
    ...outerFirst(readable).flatMap((path) => ['--ro-bind-try', path, path]),
    ...outerFirst(writable).flatMap((path) => ['--bind-try', path, path]),
    // Without root's capabilities it may not enter the data folder yet; the process does that once it is the plugin's account
    ...['--remount-ro', '/', '--chdir', '/', '--', launch.program, ...launch.args],
  ]
  return { program: 'bwrap', args, env: launch.env }
}

/**
 * Root keeps its user namespace: in a new one the account that the process goes over to would not exist. It has no other of root's
 * capabilities, and gives these two up with root.
 */
function namespaces(network: boolean, dropsRights: boolean): readonly string[] {
  const kept = network ? ['--share-net'] : []
  if (!dropsRights) return ['--unshare-all', ...kept, '--cap-drop', 'ALL']
  return [
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(network ? [] : ['--unshare-net']),
    ...['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'],
  ]
}

/** Every folder above one of the paths, outer ones first. */
function parentsOf(paths: readonly string[]): readonly string[] {
  const parents = new Set<string>()
  for (const path of paths) {
    for (let above = dirname(path); above !== dirname(above); above = dirname(above)) parents.add(above)
  }
  return [...parents].sort((a, b) => a.length - b.length)
}

/** A folder within another one must be mounted after it, or the outer one hides it. */
function outerFirst(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].sort((a, b) => dirname(a).length - dirname(b).length)
}

function listOf(paths: readonly string[] | 'all'): readonly string[] {
  return paths === 'all' ? [] : paths
}

/** The libraries of this process, which are those of any Node.js that is the same file. Read once: a report takes some 10 ms. */
function sharedObjects(): readonly string[] {
  libraries ??= (process.report.getReport() as { sharedObjects: string[] }).sharedObjects.filter((file) =>
    file.startsWith('/'),
  )
  return libraries
}

let libraries: readonly string[] | undefined
