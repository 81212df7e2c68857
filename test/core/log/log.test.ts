import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { createLog, type LogOptions } from '../../../core/log/index.ts'
import { Redactor } from '../../../core/redaction/index.ts'
import { asOther } from '../../helpers/as-other.ts'

const POSIX = process.platform === 'win32' ? 'no mode bits or full device on Windows' : false

function open(t: Test, options: Partial<LogOptions> = {}) {
  const file = options.file ?? join(t.testdir(), 'agent.log')
  const redactor = new Redactor()
  const log = createLog({ level: 'info', maxBytes: 1_000_000, files: 5, redactor, ...options, file })
  /** What was written, once all is. */
  const lines = async (name = file): Promise<Record<string, unknown>[]> => {
    const content = await readFile(name, 'utf8')
    return content
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  return { log, logger: log.logger, redactor, file, lines }
}

t.test('a line is one JSON object with time, level, message and fields', async (t) => {
  const { log, logger, lines, file } = open(t)
  logger.info({ url: 'wss://x', count: 2 }, 'connected')
  logger.debug({}, 'not said at this level')
  await log.close()
  t.match(await lines(), [{ level: 'info', msg: 'connected', url: 'wss://x', count: 2, time: /^\d{4}-\d\d-\d\dT.*Z$/ }])
  if (process.platform !== 'win32') t.equal((await stat(file)).mode & 0o777, 0o600)
})

t.test('the level can be changed while the agent runs', async (t) => {
  const { log, logger, lines } = open(t, { level: 'error' })
  logger.warn({}, 'one')
  log.setLevel('debug')
  logger.debug({}, 'two')
  await log.close()
  t.match(await lines(), [{ msg: 'two' }])
})

t.test('secrets are masked wherever they stand in a line, also those learnt later', async (t) => {
  const { log, logger, redactor, file } = open(t)
  const secret = 'hunter2"\\snow'
  redactor.add(secret)
  const error = new Error(`refused ${secret}`)
  logger.error({ err: error, token: secret, nested: { list: [secret] }, [secret]: 1 }, `with ${secret} in it`)
  redactor.add('later-secret')
  logger.info({ url: 'https://x/?t=later-secret' }, 'x')
  await log.close()
  const content = await readFile(file, 'utf8')
  t.notMatch(content, 'hunter2')
  t.notMatch(content, 'later-secret')
  for (const line of content.trimEnd().split('\n')) t.ok(JSON.parse(line))
})

t.test('foreign text is cut, and cannot act on the terminal that shows it', async (t) => {
  const { log, logger, file, lines } = open(t)
  const hostile = 'a\u001b[2J\u009b31m\u202ebidi\u2028line\u200bzero\nnext'
  logger.warn(
    { hostile, long: 'x'.repeat(100_000), deep: { a: { b: { c: { d: { e: 'gone' } } } } } },
    'y'.repeat(9_000),
  )
  await log.close()
  const content = await readFile(file, 'utf8')
  t.ok(content.length < 10_000)
  t.equal(content.split('\n').length, 2, 'one line')
  t.notMatch(content.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  t.equal((await lines())[0]?.hostile, hostile, 'a machine still reads what was there')
})

t.test('the file is set aside at its size, and only so many are kept', async (t) => {
  const { log, logger, file, lines } = open(t, { maxBytes: 4_096, files: 3 })
  for (let n = 0; n < 400; n++) {
    logger.info({ n }, 'x'.repeat(100))
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await log.close()
  t.same((await readdir(t.testdirName)).sort(), ['agent.log', 'agent.log.1', 'agent.log.2'])
  const kept = [...(await lines(`${file}.2`)), ...(await lines(`${file}.1`)), ...(await lines().catch(() => []))].map(
    ({ n }) => Number(n),
  )
  t.equal(kept.at(-1), 399, 'the newest line is there')
  t.same(
    kept,
    Array.from(kept, (_, index) => (kept[0] ?? 0) + index),
    'no line between is missing, doubled or out of order',
  )
})

t.test(
  'a file that is too large already is set aside before the first line; one file alone is begun anew',
  async (t) => {
    const folder = t.testdir({ 'agent.log': 'x'.repeat(5_000), 'single.log': 'x'.repeat(5_000) })
    for (const [name, files] of [
      ['agent.log', 2],
      ['single.log', 1],
    ] as const) {
      const { log, logger } = open(t, { file: join(folder, name), maxBytes: 4_096, files })
      logger.info({}, 'begun')
      await log.close()
      t.match(await readFile(join(folder, name), 'utf8'), /begun/)
      t.ok((await stat(join(folder, name))).size < 1_000)
    }
    t.same((await readdir(folder)).sort(), ['agent.log', 'agent.log.1', 'single.log'])
  },
)

t.test('an existing file is added to, and missing folders are made', async (t) => {
  const file = join(t.testdir(), 'a/b/agent.log')
  for (const msg of ['one', 'two']) {
    const { log, logger } = open(t, { file })
    logger.info({}, msg)
    await log.close()
  }
  t.match(await readFile(file, 'utf8'), /one.*\n.*two/)
})

t.test('a file that cannot be written is told at the start', async (t) => {
  const folder = t.testdir({ file: '' })
  t.throws(() => open(t, { file: folder }), { code: 'LOG_UNWRITABLE' })
  t.throws(() => open(t, { file: join(folder, 'file/agent.log') }), { code: 'LOG_UNWRITABLE' })
})

t.test('where the file cannot be set aside, the log goes on in it', { skip: POSIX }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gururmm-log-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'agent.log')
  await writeFile(file, '')
  await chmod(folder, 0o500)
  await asOther([folder, file], async () => {
    const { log, logger } = open(t, { file, maxBytes: 4_096 })
    for (let n = 0; n < 100; n++) logger.info({ n }, 'x'.repeat(100))
    await log.close()
  })
  t.match(await readFile(file, 'utf8'), /"n":99/)
})

const SCRIPT = `
  const { createLog } = await import(${JSON.stringify(join(import.meta.dirname, '../../../core/log/index.ts'))})
  const options = { level: 'info', file: process.argv[1] || null, maxBytes: 1e6, files: 2, redactor: { redact: (text) => text } }
  const { logger, flush, close } = createLog(options)
  logger.info({ n: 1 }, 'first')
`

function child(code: string, ...args: string[]) {
  return spawn(process.execPath, [
    '--conditions=gururmm-source',
    '--input-type=module',
    '-e',
    SCRIPT + code,
    '--',
    ...args,
  ])
}

t.test('without a file, lines go to standard error as JSON, those before a sudden exit too', async (t) => {
  const process = child(`logger.info({ n: 2 }, 'last'); process.exit(3)`)
  const [output, lines] = await Promise.all([text(process.stdout), text(process.stderr)])
  t.equal(output, '')
  t.same(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).n)
      .sort(),
    [1, 2],
  )
})

t.test('a reader that does not read costs lines, not memory, and is told how many', async (t) => {
  const process = child(`
    for (let n = 0; n < 100_000; n++) logger.info({}, 'x'.repeat(100))
    console.log('held')
    process.stdin.resume().on('end', () => {
      logger.info({}, 'read again')
      close()
    })
  `)
  await once(process.stdout, 'data')
  const lines = text(process.stderr)
  process.stdin.end()
  const [last, before] = (await lines)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .reverse()
  t.match(last, { msg: 'read again' })
  t.match(before, { msg: 'log lines were lost', level: 'warn' })
  t.ok(before.lines > 10_000)
})

t.test('an agent whose standard error was closed goes on', { skip: POSIX }, async (t) => {
  const process = child(`
    process.stdin.resume().on('end', () => {
      for (let n = 0; n < 50; n++) logger.info({ n }, 'nobody reads this')
      setTimeout(() => { console.log('alive'); process.exit(0) }, 100)
    })
  `)
  process.stderr.destroy()
  process.stdin.end()
  t.equal(await text(process.stdout), 'alive\n')
})

t.test('an agent whose disk is full goes on', { skip: process.platform !== 'linux' }, async (t) => {
  const process = child(
    `
    setTimeout(() => { logger.info({}, 'more'); flush(); console.log('alive'); process.exit(0) }, 100)
  `,
    '/dev/full',
  )
  t.equal(await text(process.stdout), 'alive\n')
})
