import { type Koffi, loadKoffi } from '../../native/index.ts'

/** What the C library is asked to start. */
export interface NativeLaunch {
  /** An absolute path. */
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Of this process; the first becomes 0 in the program, and so on. None may be smaller than their number. */
  readonly descriptors: readonly number[]
}

/** The functions of the C library that start programs. */
export interface Libc {
  /** Two connected ends, both closed in programs that are started; null where the system has none left. */
  socketPair(): readonly [number, number] | null
  /** Starts a program as the first of a session of its own, all signals as they are by default. Its pid; null where it can't. */
  spawn(launch: NativeLaunch): number | null
  /** How a program that {@link Libc.spawn} started has ended, once; null while it runs. */
  wait(pid: number): Ending | null
}

export interface Ending {
  readonly exitCode: number | null
  /** Its number. */
  readonly signal: number | null
}

// Of the headers of glibc, the same on x64 and arm64.
const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0x80000
const WNOHANG = 1
const SETSIGDEF = 0x04
const SETSIGMASK = 0x08
const SETSID = 0x80
/** More than `posix_spawn_file_actions_t` (80), `posix_spawnattr_t` (336) and `sigset_t` (128) take. */
const STRUCT_BYTES = 512

/**
 * By name, so that another C library (musl), whose constants may differ, is not taken for this one.
 *
 * @throws Error where it cannot be had here, or lacks something (`addchdir_np` came with glibc 2.29).
 */
export function loadLibc(load: () => Pick<Koffi, 'load'> = () => loadKoffi('linux')): Libc {
  const library = load().load('libc.so.6')
  const bound = <T>(prototype: string) => library.func(prototype) as T
  const actions = Buffer.alloc(STRUCT_BYTES)
  const initActions = bound<(actions: Buffer) => number>('int posix_spawn_file_actions_init(void *a)')
  const addDirectory = bound<(actions: Buffer, path: string) => number>(
    'int posix_spawn_file_actions_addchdir_np(void *a, const char *b)',
  )
  const addDescriptor = bound<(actions: Buffer, from: number, to: number) => number>(
    'int posix_spawn_file_actions_adddup2(void *a, int b, int c)',
  )
  const destroyActions = bound<(actions: Buffer) => number>('int posix_spawn_file_actions_destroy(void *a)')
  const spawn = bound<
    (
      pid: number[],
      path: string,
      actions: Buffer,
      attributes: Buffer,
      argv: (string | null)[],
      envp: (string | null)[],
    ) => number
  >('int posix_spawn(_Out_ int *a, const char *b, void *c, void *d, const char **e, const char **f)')
  const socketpair = bound<(domain: number, type: number, protocol: number, ends: Int32Array) => number>(
    'int socketpair(int a, int b, int c, void *d)',
  )
  const waitpid = bound<(pid: number, status: Int32Array, options: number) => number>(
    'int waitpid(int a, void *b, int c)',
  )
  const attributes = defaultSignalsAndSession(bound)

  const prepare = ({ cwd, descriptors }: NativeLaunch): boolean =>
    // The directory first: it may be named by a descriptor that another one takes the place of.
    addDirectory(actions, cwd) === 0 && descriptors.every((from, to) => addDescriptor(actions, from, to) === 0)
  return {
    socketPair() {
      const ends = new Int32Array(2)
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) !== 0) return null
      return [ends[0] as number, ends[1] as number]
    },
    spawn(launch) {
      if (initActions(actions) !== 0) return null
      try {
        const pid = [0]
        const argv = [launch.program, ...launch.args, null]
        const envp = [...Object.entries(launch.env).map(([name, value]) => `${name}=${value}`), null]
        const failed = !prepare(launch) || spawn(pid, launch.program, actions, attributes, argv, envp) !== 0
        return failed ? null : (pid[0] as number)
      } finally {
        destroyActions(actions)
      }
    },
    wait(pid) {
      const status = new Int32Array(1)
      if (waitpid(pid, status, WNOHANG) !== pid) return null
      const [bits = 0] = status
      const signal = bits & 0x7f
      return signal === 0 ? { exitCode: (bits >> 8) & 0xff, signal: null } : { exitCode: null, signal }
    },
  }
}

/** The same for every program, so made once. Node ignores SIGPIPE, which a program would inherit. */
function defaultSignalsAndSession(bound: <T>(prototype: string) => T): Buffer {
  const attributes = Buffer.alloc(STRUCT_BYTES)
  const setSignals = (name: string, bits: number) =>
    bound<(attributes: Buffer, signals: Buffer) => number>(`int ${name}(void *a, const void *b)`)(
      attributes,
      Buffer.alloc(STRUCT_BYTES, bits),
    )
  const failures = [
    bound<(attributes: Buffer) => number>('int posix_spawnattr_init(void *a)')(attributes),
    setSignals('posix_spawnattr_setsigmask', 0),
    // Not by `sigfillset`, which leaves two signals of glibc's own out: programs would find them ignored.
    setSignals('posix_spawnattr_setsigdefault', 0xff),
    bound<(attributes: Buffer, flags: number) => number>('int posix_spawnattr_setflags(void *a, short b)')(
      attributes,
      SETSIGDEF | SETSIGMASK | SETSID,
    ),
  ]
  if (failures.some((failure) => failure !== 0)) throw new Error('the C library refuses the attributes of programs')
  return attributes
}
