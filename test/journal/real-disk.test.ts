import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Test, test } from 'tap'
import type { BusyReport } from './fixtures/busy-agent.ts'
import { hasStrace } from './fixtures/disk-trace.ts'

const AGENT = join(import.meta.dirname, 'fixtures', 'busy-agent.ts')
const canMount = process.platform === 'linux' && process.getuid?.() === 0
const canFreeze =
  canMount && spawnSync('fsfreeze', ['--version']).status === 0 && spawnSync('losetup', ['-f']).status === 0
const needsStrace = { skip: !hasStrace && 'needs strace' }

interface Busy {
  readonly report: Promise<BusyReport>
  readonly ready: Promise<void>
}

/** @param inject what strace is to do to which calls. */
function busy(directory: string, args: readonly string[], inject?: string): Busy {
  const node = ['--conditions=gururmm-source', AGENT, directory, ...args]
  const calls = inject?.split(':')[0] ?? ''
  const trace = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${inject}`,
    process.execPath,
    ...node,
  ]
  const [program, args_] = inject === undefined ? [process.execPath, node] : ['strace', trace]
  // strace counts the calls of each thread by themselves; with more than one of them for the disk, one failure comes several times.
  const env = { PATH: process.env.PATH, UV_THREADPOOL_SIZE: '1' }
  const child = spawn(program, args_, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  child.stdout.on('data', (piece) => {
    output += piece
    if (output.includes('ready')) resolve()
  })
  const report = once(child, 'close').then(() => JSON.parse(output.trim().split('\n').at(-1) ?? '') as BusyReport)
  return { report, ready }
}

/** Not a folder of tap's, which it would empty while it is still mounted. */
function mount(t: Test, args: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'gururmm-disk-'))
  execFileSync('mount', [...args, directory])
  t.teardown(() => {
    spawnSync('umount', ['-l', directory])
    rmSync(directory, { recursive: true, force: true })
  })
  return directory
}

test('A sync that stalls for 2 s holds up what waits for it and nothing else.', needsStrace, async (t) => {
  const { report } = busy(t.testdir(), ['4000'], 'fdatasync,fsync:delay_enter=2000000:when=10+60')
  const { longestLagMs, safe, refused, missing } = await report
  t.ok(longestLagMs < 1000, `the event loop stood still for ${Math.round(longestLagMs)} ms at most`)
  t.ok(safe > 0)
  t.equal(refused, 0)
  t.equal(missing, 0)
})

for (const [what, inject, reason] of [
  ['syncs that fail', 'fdatasync:error=EIO:when=20..21', /failed.*EIO/],
  ['writes that fail', 'pwrite64:error=EIO:when=200..203', /failed/],
  ['writes that find no room', 'pwrite64:error=ENOSPC:when=200..203', /full/],
] as const) {
  test(
    `Commands are refused after ${what}, nothing that was called safe is lost, and all goes on afterwards.`,
    needsStrace,
    async (t) => {
      const { report } = busy(t.testdir(), ['4000'], inject)
      const { safe, refused, codes, reasons, availableAtEnd, missing } = await report
      t.ok(safe > 0 && refused > 0, `${safe} safe, ${refused} refused`)
      t.strictSame(codes, ['JOURNAL_UNAVAILABLE'])
      t.match(reasons[0], reason)
      t.ok(availableAtEnd)
      t.equal(missing, 0)
    },
  )
}

test('A disk filled up by others stops commands until there is room again.', {
  skip: !canMount && 'needs root',
}, async (t) => {
  const disk = mount(t, ['-t', 'tmpfs', '-o', 'size=3m', 'none'])
  const { report, ready } = busy(join(disk, 'journal'), ['4000'])
  await ready
  await pause(1000)
  const filler = join(disk, 'filler')
  try {
    for (;;) writeFileSync(filler, Buffer.alloc(65_536), { flag: 'a' })
  } catch (error) {
    t.match(error, { code: 'ENOSPC' })
  }
  await pause(1000)
  rmSync(filler)
  const { safe, refused, codes, availableAtEnd, missing } = await report
  t.ok(safe > 0 && refused > 0, `${safe} safe, ${refused} refused`)
  t.strictSame(codes, ['JOURNAL_UNAVAILABLE'])
  t.ok(availableAtEnd)
  t.equal(missing, 0)
})

test('A small disk is not filled up by results that nobody takes.', { skip: !canMount && 'needs root' }, async (t) => {
  const disk = mount(t, ['-t', 'tmpfs', '-o', 'size=1m', 'none'])
  const { safe, refused, missing } = await busy(join(disk, 'journal'), ['4000']).report
  t.ok(safe > 0 && refused > 0, `${safe} safe, ${refused} refused`)
  t.equal(missing, 0)
  t.ok(statSync(join(disk, 'journal', 'journal.db')).size < 800_000)
  writeFileSync(join(disk, 'others'), Buffer.alloc(200_000))
})

test('A file system that is frozen, as for a snapshot, holds up no heartbeat.', {
  skip: !canFreeze && 'needs root and a loop device',
}, async (t) => {
  const image = join(t.testdir(), 'image')
  writeFileSync(image, '')
  truncateSync(image, 64 * 1024 * 1024)
  execFileSync('mkfs.ext4', ['-q', image])
  const disk = mount(t, ['-o', 'loop', image])
  const lags: number[] = []
  // A freeze in the very moment between the look at the disk and the write to it is not held off: one of two may be such a one.
  for (const attempt of ['a', 'b']) {
    const { report, ready } = busy(join(disk, attempt), ['4000', '50'])
    await ready
    await pause(500)
    execFileSync('fsfreeze', ['-f', disk])
    await pause(3000)
    execFileSync('fsfreeze', ['-u', disk])
    const { longestLagMs, missing } = await report
    lags.push(longestLagMs)
    t.equal(missing, 0)
  }
  t.ok(Math.min(...lags) < 1500, `the event loop stood still for ${lags.map(Math.round).join(' and ')} ms of 3000`)
})
