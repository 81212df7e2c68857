/** Where things are inside the sandbox. */
export const INSIDE = {
  program: '/run/claude/cli',
  socket: '/run/claude/api',
  settingsFile: '/run/claude/settings.json',
  home: '/run/claude/home',
  config: '/run/claude/home',
  temp: '/tmp',
} as const

/** What a bubblewrap of some age may not know. */
export interface Features {
  /** Bounds for the file systems in memory, and no user namespaces within: 0.8 and newer, and a kernel that takes part. */
  readonly bounds: boolean
}

/** What one task finds in its sandbox, beside what each does. */
export interface Content {
  /** Canonical path of the working directory. The one that bubblewrap is started in is mounted there. */
  readonly directory: string
  readonly writable: boolean
  /** Device and inode of the directory that was checked; another one is not entered. */
  readonly identity: string
  /** The CLI's program. */
  readonly program: string
  /** The broker's socket. */
  readonly socket: string
  readonly settingsFile: string
  /** Folder with `passwd` and `group`. */
  readonly accounts: string
  /** Commands run in it: programs and their data are there, not only libraries. */
  readonly hasBash: boolean
  /** Within the directory; closed. */
  readonly hidden: readonly { readonly path: string; readonly isFolder: boolean }[]
  /** Within the directory; cannot be changed. */
  readonly kept: readonly string[]
}

/** A part of the system's software: mounted, or a link as it is on this machine. */
export interface SystemPart {
  readonly path: string
  /** Undefined: it is mounted read-only. */
  readonly link?: string
}

/** The exit code of a sandbox in whose working directory another one lies than was checked. */
export const MOVED = 97

const MEBIBYTE = 1024 * 1024
/** Memory that a task may fill with files. */
const RUN_BYTES = 256 * MEBIBYTE
const TEMP_BYTES = 512 * MEBIBYTE

/**
 * The directory is looked at from inside, when nothing can be swapped any more: bubblewrap finds it by its name. Whoever may look
 * into core files would find the token in one.
 */
const ENTER = `[ "$(stat -c %d:%i .)" = "$0" ] || exit ${MOVED}; ulimit -c 0; exec "$@"`

/** The account's own kernel objects, and no right over any other. */
export function namespaces({ bounds }: Features): readonly string[] {
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', '--unshare-net'],
    ...(bounds ? ['--disable-userns'] : []),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'task'],
  ]
}

/** The file systems that every sandbox has. Root outside is root in `/proc/sys`, without any capability: it must be read-only. */
export function fileSystems({ bounds }: Features): readonly string[] {
  const size = (bytes: number) => (bounds ? ['--size', String(bytes)] : [])
  return [
    ...['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev'],
    ...[...size(RUN_BYTES), '--tmpfs', '/run'],
    ...['--perms', '1777', ...size(TEMP_BYTES), '--tmpfs', '/tmp'],
  ]
}

/**
 * The arguments of bubblewrap before the CLI's own: of the disk there is the task's directory, the CLI and the system's software, of
 * processes its own, and no network but the broker's socket.
 */
export function sandboxArguments(
  content: Content,
  system: readonly SystemPart[],
  features: Features,
): readonly string[] {
  const { directory, writable, identity, hidden, kept } = content
  const isRoot = directory === '/'
  const bind = [writable ? '--bind' : '--ro-bind', '/proc/self/cwd', directory]
  return [
    ...namespaces(features),
    ...(isRoot ? bind : system.flatMap(systemArguments)),
    ...fileSystems(features),
    ...['--dir', INSIDE.home],
    ...(isRoot ? [] : accountFiles(content.accounts)),
    ...readOnly(content.program, INSIDE.program),
    ...readOnly(content.settingsFile, INSIDE.settingsFile),
    ...['--bind', content.socket, INSIDE.socket],
    ...(isRoot ? [] : bind),
    ...kept.flatMap((path) => readOnly(path, path)),
    ...hidden.flatMap(({ path, isFolder }) =>
      isFolder ? ['--tmpfs', path, '--remount-ro', path] : readOnly('/dev/null', path),
    ),
    ...(isRoot ? [] : ['--remount-ro', '/']),
    ...['--chdir', directory, '--', '/bin/sh', '-c', ENTER, identity, INSIDE.program],
  ]
}

/** How a part comes into the sandbox. */
export function systemArguments({ path, link }: SystemPart): readonly string[] {
  return link === undefined ? readOnly(path, path) : ['--symlink', link, path]
}

/** The accounts of the machine are nobody's business inside. */
function accountFiles(folder: string): readonly string[] {
  return ['passwd', 'group'].flatMap((name) => readOnly(`${folder}/${name}`, `/etc/${name}`))
}

function readOnly(from: string, to: string): readonly string[] {
  return ['--ro-bind', from, to]
}
