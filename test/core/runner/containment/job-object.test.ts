import type { ChildProcess } from 'node:child_process'
import t from 'tap'
import { createJobContainment } from '../../../../core/runner/containment/job-object.ts'
import { loadWindowsJobs, type WindowsJob } from '../../../../core/runner/containment/windows-jobs.ts'

const launch = { program: 'cmd.exe', args: [], cwd: 'C:\\', env: {}, account: undefined }

/** Records what is asked of a job. */
function recordingJob() {
  const calls: string[] = []
  const state = { count: 1 }
  const job: WindowsJob = {
    add: (pid) => void calls.push(`add ${pid}`),
    count: () => state.count,
    terminate: () => void calls.push('terminate'),
    close: () => void calls.push('close'),
  }
  return { calls, state, jobs: { create: () => job } }
}

const running = (pid?: number) => ({ pid, exitCode: null, signalCode: null }) as unknown as ChildProcess

t.test('a program is in its job, and a run lasts as long as anything is in there', async (t) => {
  const { calls, state, jobs } = recordingJob()
  const child = running(7)
  const tree = createJobContainment(jobs, () => child).start(launch)
  t.same(calls, ['add 7'])
  tree.terminate()
  tree.kill()
  Object.assign(child, { exitCode: 1 })
  t.equal(tree.isEmpty(), false, 'what it started still runs')
  state.count = 0
  t.equal(tree.isEmpty(), true)
  tree.release()
  t.same(calls, ['add 7', 'terminate', 'terminate', 'close'])
})

t.test('a program that could not be started leaves no job', async (t) => {
  const { calls, jobs } = recordingJob()
  createJobContainment(jobs, () => running())
    .start(launch)
    .release()
  t.same(calls, ['close'])
  const fails = createJobContainment(jobs, () => {
    throw new Error('no')
  })
  t.throws(() => fails.start(launch), { message: 'no' })
  t.same(calls, ['close', 'close'])
})

/** Stands in for kernel32.dll: records the calls; processes are 7 with the children 8 (its own) and 9 (older, by a number used again). */
function fakeKoffi(answers: Record<string, unknown> = {}) {
  const calls: [string, ...unknown[]][] = []
  const entries = [
    [7, 1],
    [8, 7],
    [9, 7],
  ]
  let at = 0
  const nextEntry = (_snapshot: unknown, buffer: Buffer): boolean => {
    const entry = entries[at++]
    if (entry === undefined) return false
    buffer.writeUInt32LE(entry[0] as number, 8)
    buffer.writeUInt32LE(entry[1] as number, 32)
    return true
  }
  const behaviours: Record<string, (...args: never[]) => unknown> = {
    CreateJobObjectW: () => 'job',
    SetInformationJobObject: () => true,
    QueryInformationJobObject: (_job: unknown, _kind: unknown, answer: Buffer) => answer.writeUInt32LE(3, 40) > 0,
    OpenProcess: (_rights: unknown, _inherit: unknown, pid: number) => pid,
    GetProcessTimes: (pid: number, created: Buffer) => created.writeBigUInt64LE({ 7: 100n, 8: 101n }[pid] ?? 50n) > 0,
    CreateToolhelp32Snapshot: () => {
      at = 0
      return 'snapshot'
    },
    Process32FirstW: nextEntry,
    Process32NextW: nextEntry,
  }
  const func = (prototype: string) => {
    const name = /(\w+)\(/.exec(prototype)?.[1] ?? ''
    return (...args: unknown[]) => {
      calls.push([name, ...args])
      if (name in answers) return answers[name]
      return (behaviours[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args) ?? true
    }
  }
  const of = (name: string) => calls.filter(([called]) => called === name).map(([, ...args]) => args)
  return { load: () => ({ load: () => ({ func }) }), of }
}

t.test('a job ends with its last handle, so with the agent', async (t) => {
  const { load, of } = fakeKoffi()
  loadWindowsJobs(load).create()
  const [job, kind, limits, bytes] = of('SetInformationJobObject')[0] ?? []
  t.same([job, kind, bytes], ['job', 9, 144])
  t.equal((limits as Buffer).readUInt32LE(16), 0x2000, 'JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE')
})

t.test('a job takes a program with what it has started by then, and nothing that only has the number', async (t) => {
  const { load, of } = fakeKoffi()
  const job = loadWindowsJobs(load).create()
  job.add(7)
  t.same(of('AssignProcessToJobObject'), [
    ['job', 7],
    ['job', 8],
  ])
  t.same(of('CloseHandle').flat().sort(), [7, 8, 9, 'snapshot', 'snapshot'])
  t.equal(job.count(), 3)
  job.terminate()
  t.same(of('TerminateJobObject'), [['job', 1]])
  job.close()
  t.same(of('CloseHandle').at(-1), ['job'])
})

t.test('a program that is gone already is not missed', async (t) => {
  const { load, of } = fakeKoffi({ OpenProcess: null })
  loadWindowsJobs(load).create().add(7)
  t.same(of('AssignProcessToJobObject'), [])
})

t.test('without the package, or where Windows makes no job, it is said', async (t) => {
  t.throws(() => loadWindowsJobs(), /koffi-win32/)
  const { load } = fakeKoffi({ CreateJobObjectW: null })
  t.throws(() => loadWindowsJobs(load).create(), /no job object/)
})
