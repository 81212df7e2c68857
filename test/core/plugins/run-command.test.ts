import { type CommandContext, CommandError, definePlugin, type ObjectSchema, type Plugin } from '@gururmm/plugin-sdk'
import { type Test, test } from 'tap'
import type { ProgressItem } from '../../../core/dispatch/contract.ts'
import { hostOfPlugin, type RunOptions, runOn } from '../../helpers/plugin-host.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

const node = process.execPath

/** A plugin of one command type, `act`; its handler may do what no type checker would let it. */
function actor(handler: (ctx: CommandContext, input: unknown) => unknown, result?: ObjectSchema): Plugin {
  const schemas = { input: { type: 'object' } as const, ...(result && { result }) }
  return definePlugin({
    name: 'actor',
    permissions: { programs: [node] },
    commands: { act: { description: 'Acts.', schemas, handler: async (input, ctx) => handler(ctx, input) as never } },
  })
}

async function act(
  t: Test,
  handler: Parameters<typeof actor>[0],
  options: RunOptions & { result?: ObjectSchema } = {},
) {
  const host = hostOfPlugin(t, actor(handler, options.result), {}, { stuckAfterSeconds: 0.2 })
  return { host, result: await runOn(host, 'act', {}, options) }
}

const print = (ctx: CommandContext, script: string) => ctx.run(node, ['-e', script])

test('a handler that ends without a value ends its command with 0 and what its programs wrote', async (t) => {
  const { result } = await act(t, async (ctx) => {
    await print(ctx, `console.log('out'); console.error('err')`).ended
  })
  t.same(result, { exitCode: 0, stdout: 'out\n', stderr: 'err\n' })
})

test('an outcome goes before what was captured, field by field', async (t) => {
  const { result } = await act(t, async (ctx) => {
    await print(ctx, `console.log('out'); console.error('err')`).ended
    return { exitCode: 3, stdout: 'mine', usage: { costUsd: 0.5 } }
  })
  t.same(result, { exitCode: 3, stdout: 'mine', stderr: 'err\n', usage: { costUsd: 0.5 } })
})

test('data stands for the output where nothing ran', async (t) => {
  const { result } = await act(t, () => ({ data: { disks: [1, 2] } }))
  t.same(result, { exitCode: 0, stdout: '{"disks":[1,2]}', stderr: '', data: { disks: [1, 2] } })
  const captured = await act(t, async (ctx) => {
    await print(ctx, `console.log('out')`).ended
    return { data: {} }
  })
  t.match(captured.result, { stdout: 'out\n', data: {} })
})

test('exit codes wrap to signed 32 bits', async (t) => {
  t.match((await act(t, () => ({ exitCode: 0xc0000005 }))).result, { exitCode: -1073741819 })
})

test('what a CommandError shows goes into the result beside the error', async (t) => {
  const outcome = { stdout: 'half an answer', data: { turns: 3 }, usage: { costUsd: 0.5 } }
  const { result } = await act(t, () => Promise.reject(new CommandError('ACME_LIMIT', 'Too long.', { outcome })))
  t.same(result, {
    exitCode: 1,
    ...outcome,
    stderr: 'Too long.',
    failure: { code: 'ACME_LIMIT', message: 'Too long.' },
  })
})

test('what is no outcome does not hide the error that brought it', async (t) => {
  const outcome = { stdout: 7 } as never
  const { result } = await act(t, () => Promise.reject(new CommandError('ACME_LIMIT', 'Too long.', { outcome })))
  t.match(result, { exitCode: 1, stdout: '', stderr: 'Too long.', failure: { code: 'ACME_LIMIT' } })
})

test('a CommandError becomes the result, with -1 where it is a refusal and 1 elsewhere', async (t) => {
  const refused = await act(t, () => {
    throw new CommandError('ACME_BUSY', 'Busy.', { refused: true, retryAfterSeconds: 5, rule: 'a.b' })
  })
  const failure = { code: 'ACME_BUSY', message: 'Busy.', retryAfterSeconds: 5, rule: 'a.b' }
  t.same(refused.result, { exitCode: -1, stdout: '', stderr: 'Busy.', failure })
  const failed = await act(t, async (ctx) => {
    await print(ctx, `console.log('out'); process.stderr.write('err')`).ended
    throw Object.assign(new Error('Gone.'), { name: 'CommandError', code: 'ACME_GONE' })
  })
  t.match(failed.result, { exitCode: 1, stdout: 'out\n', stderr: 'err\nGone.', failure: { code: 'ACME_GONE' } })
})

test('whatever else a handler throws tells the server nothing, and the log all', async (t) => {
  const throws: ((ctx: CommandContext) => unknown)[] = [
    () => Promise.reject(new Error('internal detail')),
    () => Promise.reject(undefined),
    () => Promise.reject(null),
    () => Promise.reject('internal detail'),
    () => Promise.reject({ name: 'CommandError', code: 'not a code', message: 'internal detail' }),
    () => Promise.reject(new Proxy({}, { get: () => undefined })),
  ]
  for (const handler of throws) {
    const { host, result } = await act(t, handler)
    t.match(result, { exitCode: 1, stdout: '', failure: { code: 'HANDLER_FAILED', message: /actor.*`act`/ } })
    t.notMatch(JSON.stringify(result), /internal detail/)
    t.match(host.lines, [{ level: 'error', fields: { plugin: 'actor', type: 'act', command: String } }])
  }
})

test('garbage for an outcome is told as such', async (t) => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const garbage: unknown[] = [
    null,
    'done',
    [],
    7,
    { stdOut: 'x' },
    { exitCode: 'x' },
    { exitCode: 1.5 },
    { exitCode: Number.NaN },
    { stdout: 3 },
    { data: cycle },
    { data: { big: 1n } },
    { usage: { cost: 'much' } },
    { usage: { cost: Number.POSITIVE_INFINITY } },
    { data: 'x'.repeat(70_000) },
    Object.defineProperty({}, 'stdout', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    }),
  ]
  for (const outcome of garbage) {
    const { host, result } = await act(t, () => outcome)
    await host.close()
    t.match(result, { exitCode: 1, stderr: String, failure: { code: 'RESULT_INVALID', message: /actor/ } })
  }
})

test('data is checked against the schema of its type', async (t) => {
  const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } as const
  const wrong = await act(t, () => ({ data: { n: 'x' } }), { result: schema })
  t.match(wrong.result, { exitCode: 1, failure: { code: 'RESULT_INVALID', message: /`data\.n`/ } })
  const right = await act(t, () => ({ data: { n: 1 } }), { result: schema })
  t.match(right.result, { exitCode: 0, data: { n: 1 } })
})

test('own output over the limit keeps head and tail, and says what is missing', async (t) => {
  const { result } = await act(t, () => ({ stdout: `a${'x'.repeat(100_000)}z` }))
  t.match(result, { truncation: { stdout: { totalBytes: 100_002, sha256: /^[0-9a-f]{64}$/ } } })
  t.match(result.stdout, /^a.*z$/s)
  t.ok(result.stdout.length < 66_000)
})

test('a program left running is ended with its command', async (t) => {
  let pid = 0
  const { result } = await act(t, async (ctx) => {
    const run = print(ctx, `console.log(process.pid); setInterval(() => {}, 1000)`)
    for await (const line of run.lines('stdout')) {
      pid = Number(line)
      break
    }
  })
  t.match(result, { exitCode: 0 })
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('nothing can be started or told once the command has ended', async (t) => {
  let late: CommandContext | undefined
  const items: ProgressItem[] = []
  await act(
    t,
    (ctx) => {
      late = ctx
    },
    { onProgress: (item) => items.push(item) },
  )
  late?.progress({ late: true })
  t.same(items, [])
  await t.rejects(late?.run(node, ['-v']).ended as Promise<unknown>, { code: 'SPAWN_FAILED' })
})

test('a promise left behind that rejects does not end the agent', async (t) => {
  const { host } = await act(t, () => {
    void Promise.reject(new Error('left behind'))
  })
  await waitUntil('it is logged', () => host.lines.some((line) => line.level === 'error'))
  t.match(host.lines, [{ fields: { err: { message: 'left behind' } } }])
})

test('a stopped command ends with what it wrote until then', async (t) => {
  for (const handler of [
    async (ctx: CommandContext) => void (await print(ctx, `console.log('so far'); setInterval(() => {}, 1000)`).ended),
    async (ctx: CommandContext) => {
      await print(ctx, `console.log('so far'); setInterval(() => {}, 1000)`).ended
      ctx.signal.throwIfAborted()
    },
  ]) {
    const stop = new AbortController()
    const { result } = await act(t, handler, { signal: stop.signal, onProgress: () => stop.abort('cancel') })
    t.match(result, { stdout: 'so far\n' })
    t.equal(result.failure, undefined, 'why it was stopped is for the dispatcher to say')
  }
})

test('a command stopped before it began runs nothing', async (t) => {
  const signal = AbortSignal.abort('cancel')
  const { result } = await act(t, async (ctx) => void (await print(ctx, `console.log('ran')`).ended), { signal })
  t.match(result, { stdout: '' })
})

test('a handler that ignores its signal is given up, its programs ended', async (t) => {
  const stop = new AbortController()
  let pid = 0
  const { host, result } = await act(
    t,
    async (ctx) => {
      void print(ctx, `console.log(process.pid); setInterval(() => {}, 1000)`)
      await new Promise(() => {})
    },
    {
      signal: stop.signal,
      onProgress: (item) => {
        pid = Number(item.data)
        stop.abort('timeout')
      },
    },
  )
  t.match(result, { exitCode: -1, failure: { code: 'HANDLER_STUCK', message: /actor/ }, stdout: `${pid}\n` })
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  t.match(host.lines, [{ level: 'error', fields: { type: 'act' } }])
})

test('the context holds the command, and nothing of the agent', async (t) => {
  const { result, host } = await act(t, ({ command, requester, site, dataDir, config, ...rest }) => {
    return { data: { command, requester, site, dataDir, config, rest: Object.keys(rest).sort() } }
  })
  const { data } = result as { data: { dataDir: string } }
  t.match(data, {
    command: { id: String, type: 'act', timeoutSeconds: 30, elevated: false, origin: 'server' },
    requester: { user: 'ada', role: null },
    site: 'test-site',
    config: {},
    rest: ['logger', 'openDirectory', 'progress', 'run', 'secret', 'signal'],
  })
  t.ok(data.dataDir.startsWith(host.dataDir))
})

test('the config is frozen through and through', async (t) => {
  const plugin = definePlugin({
    name: 'frozen',
    configSchema: { type: 'object', properties: { list: { type: 'array', items: { type: 'object' }, default: [{}] } } },
    commands: {
      frozen: {
        description: 'x',
        schemas: { input: { type: 'object' } },
        async handler(_input, { config }) {
          return { data: [config, config.list, config.list?.[0]].map((part) => Object.isFrozen(part)) }
        },
      },
    },
  })
  t.match(await runOn(hostOfPlugin(t, plugin), 'frozen', {}), { data: [true, true, true] })
})

test('progress tells events and output in order; what is no news is dropped and never throws', async (t) => {
  const items: ProgressItem[] = []
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const { result } = await act(
    t,
    async (ctx) => {
      ctx.progress({ step: 1 })
      for (const odd of [null, 'text', cycle, { big: 1n }, { text: 'x'.repeat(70_000) }]) ctx.progress(odd as object)
      await print(ctx, `process.stdout.write('out')`).ended
    },
    { onProgress: (item) => items.push(item) },
  )
  t.match(result, { exitCode: 0 })
  t.same(items, [
    { stream: 'event', data: { step: 1 } },
    { stream: 'stdout', offset: 0, data: 'out' },
  ])
})

test('a program without permission is refused', async (t) => {
  const { result } = await act(t, async (ctx) => void (await ctx.run('/bin/sh', ['-c', 'true']).ended))
  t.match(result, { exitCode: -1, failure: { code: 'PROGRAM_NOT_ALLOWED' } })
})

test('a command that is not elevated runs nothing elevated', async (t) => {
  const { result } = await act(t, async (ctx) => void (await ctx.run(node, ['-v'], { elevated: true }).ended))
  t.match(result, { exitCode: -1, failure: { code: 'ELEVATION_UNAVAILABLE' } })
})

test('programs run in the plugin’s data folder, which is the agent’s alone', async (t) => {
  const { result, host } = await act(t, async (ctx) => {
    await print(ctx, `const { statSync } = require('fs'); console.log(process.cwd(), statSync('.').mode & 0o777)`).ended
  })
  const mode = process.platform === 'win32' ? /\d+/ : 0o700
  t.match(result.stdout, new RegExp(`plugins.actor ${mode}`))
  t.ok(host.dataDir)
})

test('secrets are masked in everything a handler hands over', async (t) => {
  const secret = 'hunter2-hunter2'
  const items: ProgressItem[] = []
  const handlers: ((ctx: CommandContext) => unknown)[] = [
    () => ({ stdout: secret, stderr: `x${secret}`, data: { [secret]: [secret] } }),
    (ctx) => ctx.progress({ [secret]: { deep: secret } }),
    () => Promise.reject(new CommandError('ACME_X', `with ${secret}`)),
    () => ({ [secret]: 1 }),
    (ctx) => print(ctx, `console.log('${secret}')`).ended.then(() => {}),
  ]
  for (const handler of handlers) {
    const host = hostOfPlugin(t, actor(handler))
    host.redactor.add(secret)
    const result = await runOn(host, 'act', {}, { onProgress: (item) => items.push(item) })
    t.notMatch(JSON.stringify([result, items]), secret)
    t.match(JSON.stringify([result, items]), /\*\*\*/)
  }
})
