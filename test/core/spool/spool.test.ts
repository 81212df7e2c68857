import { chmodSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { StreamName } from '../../../core/dispatch/contract.ts'
import { createSpoolDisk } from '../../../core/spool/disk.ts'
import { createSpool, type KeptOutput, type Spool, type SpoolLimits } from '../../../core/spool/index.ts'
import { until } from '../../helpers/dispatch.ts'
import { bufferLogger } from '../../helpers/logger.ts'

const MIB = 1024 * 1024
const LIMITS = { spoolBytes: 64 * MIB, spoolCommandBytes: 16 * MIB, resultDays: 30 }

function openSpool(t: Test, limits: Partial<SpoolLimits> = {}, directory = t.testdir({})) {
  const logger = bufferLogger()
  const spool = createSpool({ directory: path.join(directory, 'spool'), limits: { ...LIMITS, ...limits }, logger })
  t.teardown(() => spool.close())
  return { spool, logger, directory, files: () => filesIn(path.join(directory, 'spool')) }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Writes as the runner does: piece after piece, waiting where it is told to. */
async function write(spool: Spool, id: string, text: string, stream: StreamName = 'stdout', sink = spool.open(id)) {
  let offset = 0
  for (let at = 0; at < text.length; at += 50_000) {
    const data = text.slice(at, at + 50_000)
    await sink.write({ stream, offset, data })
    offset += Buffer.byteLength(data)
  }
  return sink
}

async function readAll(kept: KeptOutput, stream: StreamName = 'stdout'): Promise<string> {
  const pieces: Buffer[] = []
  for (let at = 0; at < kept.kept(stream); ) {
    const piece = await kept.read(stream, at, 100_000)
    pieces.push(piece)
    at += piece.length
  }
  return Buffer.concat(pieces).toString()
}

async function ended(spool: Spool, id: string): Promise<KeptOutput | undefined> {
  for (;;) {
    const kept = await spool.find(id)
    if (!kept?.running) return kept
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const cut = { total_bytes: 1, dropped_bytes: 1, sha256: '' }
/** A result that holds only parts of its output. */
const partial = (id: string) => ({
  ...{ command_id: id, exit_code: 0, stdout: '', stderr: '', duration_ms: 1 },
  truncation: { stdout: cut, stderr: cut },
})

const long = (bytes: number, seed = 'x'): string =>
  `${seed}${'0123456789abcde\n'.repeat(Math.ceil(bytes / 16))}`.slice(0, bytes)

t.test('a short output makes no file, and can be read while its command runs', async (t) => {
  const { spool, files } = openSpool(t)
  const sink = await write(spool, 'a', 'hello')
  const kept = await spool.find('a')
  t.equal(kept?.running, true)
  t.ok((await readAll(kept as KeptOutput)) === 'hello')
  sink.end({ command_id: 'a', exit_code: 0, stdout: 'hello', stderr: '', duration_ms: 1 })
  t.equal(await ended(spool, 'a'), undefined, 'the result has it')
  t.same(files(), [])
})

t.test('what a result has no room for is kept, for this agent and the next', async (t) => {
  const { spool, directory } = openSpool(t)
  const text = `${long(3 * MIB)}${'é€'.repeat(100_000)}`
  const sink = await write(spool, 'a', text)
  await write(spool, 'a', 'oops', 'stderr', sink)
  t.ok((await readAll((await spool.find('a')) as KeptOutput)) === text, 'partly still in memory')
  sink.end(partial('a'))
  const kept = (await ended(spool, 'a')) as KeptOutput
  t.ok((await readAll(kept)) === text)
  t.equal(kept.total('stdout'), Buffer.byteLength(text))
  await spool.close()
  const next = openSpool(t, {}, directory).spool
  const found = (await next.find('a')) as KeptOutput
  t.equal(found.running, false)
  t.ok((await readAll(found)) === text)
  t.ok((await readAll(found, 'stderr')) === 'oops')
  t.equal(await next.find('b'), undefined)
})

t.test('an output that is a second old is on the disk, should the agent die now', async (t) => {
  const { spool, directory, files } = openSpool(t)
  const sink = await write(spool, 'a', 'hello')
  t.teardown(() => sink.end(null))
  await until(() => files().length === 1)
  const other = openSpool(t, {}, directory).spool
  await until(() => statSync(path.join(directory, 'spool', files()[0] ?? '')).size === 5)
  t.ok((await readAll((await other.find('a')) as KeptOutput)) === 'hello')
})

t.test('files are the agent’s own', { skip: process.platform === 'win32' && 'no modes' }, async (t) => {
  const { spool, directory, files } = openSpool(t)
  const sink = await write(spool, 'a', long(100_000))
  sink.end(partial('a'))
  await ended(spool, 'a')
  t.equal(statSync(path.join(directory, 'spool')).mode & 0o777, 0o700)
  for (const file of files()) t.equal(statSync(path.join(directory, 'spool', file)).mode & 0o777, 0o600)
})

t.test('of one command only the beginning is kept, in whole characters', async (t) => {
  const { spool } = openSpool(t, { spoolCommandBytes: 100_001 })
  const sink = await write(spool, 'a', 'é'.repeat(200_000))
  const kept = (await spool.find('a')) as KeptOutput
  t.equal(kept.kept('stdout'), 100_000)
  t.equal(kept.total('stdout'), 400_000, 'all of it is counted')
  t.equal(sink.write({ stream: 'stdout', offset: 400_000, data: 'more' }), undefined, 'nothing to wait for')
  sink.end(partial('a'))
  t.ok((await readAll((await ended(spool, 'a')) as KeptOutput)) === 'é'.repeat(50_000))
})

t.test('where room is needed, outputs that the server has go first, the oldest before the others', async (t) => {
  const { spool, directory } = openSpool(t, { spoolBytes: MIB })
  const add = async (id: string) => {
    const sink = await write(spool, id, long(300_000, id))
    sink.end(partial(id))
    await ended(spool, id)
  }
  for (const id of ['a', 'b', 'c']) await add(id)
  spool.acknowledged('b')
  await add('d')
  t.equal(await spool.find('b'), undefined, 'the server has b')
  await add('e')
  t.equal(await spool.find('a'), undefined, 'the oldest of the rest')
  spool.acknowledged('e')
  await spool.close()
  const next = openSpool(t, { spoolBytes: MIB }, directory).spool
  const sink = await write(next, 'f', long(300_000, 'f'))
  t.equal(await next.find('e'), undefined, 'the next agent knows what was acknowledged')
  for (const id of ['c', 'd', 'f']) t.ok(await next.find(id), id)
  sink.end(partial('f'))
})

t.test('running commands keep what they have when nothing else can go', async (t) => {
  const { spool, logger } = openSpool(t, { spoolBytes: MIB })
  const first = await write(spool, 'a', long(900_000, 'a'))
  const second = await write(spool, 'b', long(900_000, 'b'))
  await until(() => logger.lines.length > 0)
  const kept = (await spool.find('b')) as KeptOutput
  t.ok(kept.kept('stdout') < 200_000)
  t.equal(kept.total('stdout'), 900_000)
  t.equal((await spool.find('a'))?.kept('stdout'), 900_000)
  first.end(partial('a'))
  second.end(partial('b'))
  t.ok((await readAll((await ended(spool, 'a')) as KeptOutput)) === long(900_000, 'a'))
})

t.test('a spool of no bytes keeps nothing and holds nobody up', async (t) => {
  const { spool, files } = openSpool(t, { spoolBytes: 0 })
  const sink = await write(spool, 'a', long(MIB))
  sink.end(partial('a'))
  t.equal(await ended(spool, 'a'), undefined)
  t.same(files(), [])
})

t.test('outputs older than results are kept go', async (t) => {
  const { spool, directory, files } = openSpool(t)
  for (const id of ['a', 'b']) (await write(spool, id, long(100_000, id))).end(partial(id))
  for (const id of ['a', 'b']) await ended(spool, id)
  const [first = ''] = files()
  const old = new Date(Date.now() - 31 * 86_400_000)
  utimesSync(path.join(directory, 'spool', first), old, old)
  await spool.maintain()
  t.equal(files().length, 1)
})

t.test('a disk that fails costs the output, not the command', async (t) => {
  const directory = t.testdir({ spool: 'a file where the folder should be' })
  const { spool, logger } = openSpool(t, {}, directory)
  const sink = await write(spool, 'a', long(5 * MIB))
  await until(() => logger.lines.some(({ level }) => level === 'warn'))
  sink.end(partial('a'))
  t.equal(await ended(spool, 'a'), undefined)
  t.equal(logger.lines.filter(({ message }) => /not kept/.test(message ?? '')).length, 1, 'said once')
})

t.test('a disk that does not answer holds a program up for a moment only', async (t) => {
  const disk = createSpoolDisk(1000)
  const stuck = Promise.withResolvers<void>()
  const waits = [disk.run(() => stuck.promise), disk.run(() => stuck.promise)]
  for (const wait of waits) await t.rejects(wait, /not answered/)
  const logger = bufferLogger()
  const spool = createSpool({ directory: `${t.testdir({})}/spool`, limits: LIMITS, logger }, disk)
  const sink = await write(spool, 'a', long(5 * MIB))
  t.equal((await spool.find('a'))?.kept('stdout'), 0)
  sink.end(partial('a'))
  stuck.resolve()
  await ended(spool, 'a')
  const next = await write(spool, 'b', long(MIB))
  next.end(partial('b'))
  t.ok((await readAll((await ended(spool, 'b')) as KeptOutput)) === long(MIB), 'it is used again once it answers')
  await spool.close()
})

t.test('a command that runs again under its id has only its own output', async (t) => {
  const { spool } = openSpool(t)
  const first = await write(spool, 'a', long(300_000, 'first'))
  first.end(partial('a'))
  await ended(spool, 'a')
  spool.acknowledged('a')
  const second = await write(spool, 'a', long(200_000, 'second'))
  second.end(partial('a'))
  t.ok((await readAll((await ended(spool, 'a')) as KeptOutput)) === long(200_000, 'second'))
  const third = spool.open('a')
  third.end({ command_id: 'a', exit_code: 0, stdout: '', stderr: '', duration_ms: 1 })
  t.equal(await ended(spool, 'a'), undefined)
})

t.test('ids that are no file names, and strange files in the folder, do no harm', async (t) => {
  const { spool, directory } = openSpool(t)
  const ids = ['../../etc/passwd', 'a/b', '\0', 'é'.repeat(128), '.']
  for (const id of ids) (await write(spool, id, long(100_000, id))).end(partial(id))
  for (const id of ids) t.ok((await readAll((await ended(spool, id)) as KeptOutput)) === long(100_000, id))
  const stranger = await open(path.join(directory, 'spool', 'notes.txt'), 'w')
  await stranger.close()
  chmodSync(path.join(directory, 'spool', 'notes.txt'), 0o400)
  const next = openSpool(t, { spoolBytes: 4096 }, directory)
  const sink = await write(next.spool, 'z', long(70_000))
  t.teardown(() => sink.end(null))
  await until(() => !next.files().some((name) => /^[0-9a-f]{64}\./.test(name)))
  t.same(next.files(), ['notes.txt'])
})

t.test('on a disk that is nearly full, outputs that the server has give way and nothing is added', async (t) => {
  const { spool, directory } = openSpool(t)
  for (const id of ['a', 'b']) {
    const sink = await write(spool, id, long(100_000, id))
    sink.end(partial(id))
    await ended(spool, id)
  }
  spool.acknowledged('a')
  await spool.close()
  const logger = bufferLogger()
  const full = { limits: LIMITS, logger, reserveBytes: Number.MAX_SAFE_INTEGER }
  const next = createSpool({ directory: path.join(directory, 'spool'), ...full })
  t.teardown(() => next.close())
  await next.maintain()
  t.equal(await next.find('a'), undefined)
  t.ok(await next.find('b'), 'the server may still ask for it')
  const sink = await write(next, 'c', long(300_000, 'c'))
  await until(() => logger.lines.some(({ level }) => level === 'warn'))
  sink.end(partial('c'))
  t.equal(await ended(next, 'c'), undefined)
})

t.test('outputs of an earlier process are looked for when it is time', async (t) => {
  const { spool, directory } = openSpool(t)
  const sink = await write(spool, 'a', long(100_000))
  sink.end(partial('a'))
  await ended(spool, 'a')
  await spool.close()
  const { promise: scanAfter, resolve } = Promise.withResolvers<void>()
  const next = createSpool({
    directory: path.join(directory, 'spool'),
    limits: LIMITS,
    logger: bufferLogger(),
    scanAfter,
  })
  t.teardown(() => next.close())
  let found = false
  const finding = next.find('a').then((kept) => {
    found = kept !== undefined
  })
  await new Promise(setImmediate)
  t.notOk(found)
  resolve()
  await finding
  t.ok(found)
})
