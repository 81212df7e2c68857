import { type Koffi, loadKoffi } from '../../native/index.ts'

/** Job objects of Windows: what is in one is ended all at once, and when the agent that holds it dies. */
export interface WindowsJobs {
  create(): WindowsJob
}

export interface WindowsJob {
  /**
   * Puts a process in, with what it has started until now; all it starts later is in by itself. Nothing happens where it has ended.
   *
   * @param pid of a child whose end Node has not told of yet, so that the number is still its own.
   */
  add(pid: number): void
  /** How many processes are in it. */
  count(): number
  /** Ends all of them at once. */
  terminate(): void
  /** Ends what is left, and gives the job back. */
  close(): void
}

type Handle = unknown

/** @throws Error where the functions of Windows cannot be called here. */
export function loadWindowsJobs(load: () => Pick<Koffi, 'load'> = () => loadKoffi('win32')): WindowsJobs {
  const kernel32 = bind(load())
  return { create: () => createJob(kernel32) }
}

type Kernel32 = ReturnType<typeof bind>

function bind(koffi: Pick<Koffi, 'load'>) {
  const library = koffi.load('kernel32.dll')
  const bound = <T>(prototype: string) => library.func(prototype) as T
  return {
    createJob: bound<(security: null, name: null) => Handle>('void *__stdcall CreateJobObjectW(void *a, void *b)'),
    limitJob: bound<(job: Handle, kind: number, limits: Buffer, bytes: number) => boolean>(
      'bool __stdcall SetInformationJobObject(void *a, int b, void *c, uint32 d)',
    ),
    queryJob: bound<(job: Handle, kind: number, answer: Buffer, bytes: number, written: null) => boolean>(
      'bool __stdcall QueryInformationJobObject(void *a, int b, void *c, uint32 d, void *e)',
    ),
    assign: bound<(job: Handle, process: Handle) => boolean>(
      'bool __stdcall AssignProcessToJobObject(void *a, void *b)',
    ),
    terminateJob: bound<(job: Handle, exitCode: number) => boolean>(
      'bool __stdcall TerminateJobObject(void *a, uint32 b)',
    ),
    openProcess: bound<(rights: number, inherit: boolean, pid: number) => Handle | null>(
      'void *__stdcall OpenProcess(uint32 a, bool b, uint32 c)',
    ),
    processTimes: bound<(process: Handle, created: Buffer, ended: Buffer, kernel: Buffer, user: Buffer) => boolean>(
      'bool __stdcall GetProcessTimes(void *a, void *b, void *c, void *d, void *e)',
    ),
    snapshot: bound<(what: number, pid: number) => Handle>(
      'void *__stdcall CreateToolhelp32Snapshot(uint32 a, uint32 b)',
    ),
    firstProcess: bound<(snapshot: Handle, entry: Buffer) => boolean>(
      'bool __stdcall Process32FirstW(void *a, void *b)',
    ),
    nextProcess: bound<(snapshot: Handle, entry: Buffer) => boolean>('bool __stdcall Process32NextW(void *a, void *b)'),
    closeHandle: bound<(handle: Handle) => boolean>('bool __stdcall CloseHandle(void *a)'),
  }
}

/** JOBOBJECT_EXTENDED_LIMIT_INFORMATION, its size on 64 bits and where its flags are. */
const LIMITS = { kind: 9, bytes: 144, flagsAt: 16, killOnClose: 0x2000 }
/** JOBOBJECT_BASIC_ACCOUNTING_INFORMATION and its ActiveProcesses. */
const ACCOUNT = { kind: 1, bytes: 48, activeAt: 40 }
/** PROCESS_TERMINATE, PROCESS_SET_QUOTA, PROCESS_QUERY_LIMITED_INFORMATION. */
const RIGHTS = 0x1 | 0x100 | 0x1000
/** PROCESSENTRY32W. */
const ENTRY = { bytes: 568, pidAt: 8, parentAt: 32 }
const TH32CS_SNAPPROCESS = 2

function createJob(kernel32: Kernel32): WindowsJob {
  const job = kernel32.createJob(null, null)
  const limits = Buffer.alloc(LIMITS.bytes)
  limits.writeUInt32LE(LIMITS.killOnClose, LIMITS.flagsAt)
  if (job === null || !kernel32.limitJob(job, LIMITS.kind, limits, LIMITS.bytes))
    throw new Error('Windows made no job object')
  return {
    add: (pid) => addWithChildren(kernel32, job, pid),
    count() {
      const answer = Buffer.alloc(ACCOUNT.bytes)
      kernel32.queryJob(job, ACCOUNT.kind, answer, ACCOUNT.bytes, null)
      return answer.readUInt32LE(ACCOUNT.activeAt)
    },
    terminate: () => void kernel32.terminateJob(job, 1),
    close: () => void kernel32.closeHandle(job),
  }
}

/**
 * Node starts a program without a stop before its first instruction, so by now it may have started others. They are its children by
 * number; numbers are used again, so a child is only what is not older.
 */
function addWithChildren(kernel32: Kernel32, job: Handle, pid: number, notBefore = 0n): void {
  const process = kernel32.openProcess(RIGHTS, false, pid)
  if (process === null) return
  try {
    const created = createdAt(kernel32, process)
    if (created < notBefore) return
    kernel32.assign(job, process)
    for (const child of childrenOf(kernel32, pid)) addWithChildren(kernel32, job, child, created)
  } finally {
    kernel32.closeHandle(process)
  }
}

/** In units of 100 ns since 1601. */
function createdAt(kernel32: Kernel32, process: Handle): bigint {
  const [created, ...others] = [8, 8, 8, 8].map((bytes) => Buffer.alloc(bytes)) as [Buffer, Buffer, Buffer, Buffer]
  kernel32.processTimes(process, created, ...others)
  return created.readBigUInt64LE()
}

function childrenOf(kernel32: Kernel32, parent: number): number[] {
  const snapshot = kernel32.snapshot(TH32CS_SNAPPROCESS, 0)
  const entry = Buffer.alloc(ENTRY.bytes)
  entry.writeUInt32LE(ENTRY.bytes)
  const found: number[] = []
  try {
    for (let more = kernel32.firstProcess(snapshot, entry); more; more = kernel32.nextProcess(snapshot, entry)) {
      const pid = entry.readUInt32LE(ENTRY.pidAt)
      if (entry.readUInt32LE(ENTRY.parentAt) === parent && pid !== parent) found.push(pid)
    }
  } finally {
    kernel32.closeHandle(snapshot)
  }
  return found
}
