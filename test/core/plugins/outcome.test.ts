import assert from 'node:assert'
import { type CommandContext, CommandError } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import type { ProgressItem } from '../../../core/dispatch/contract.ts'
import { act, actor, print } from '../../helpers/actor-plugin.ts'
import { hostOfPlugin, runOn } from '../../helpers/plugin-host.ts'

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

test('a CommandError becomes the result, with -1 where it is a refusal and 1 elsewhere', async (t) => {
  const refused = await act(t, () => {
    throw new CommandError('ACME_BUSY', 'Busy.', { refused: true, retryAfterSeconds: 5, rule: 'a.b' })
  })
  const failure = { code: 'ACME_BUSY', message: 'Busy.', retryAfterSeconds: 5, rule: 'a.b' }
  t.same(refused.result, { exitCode: -1, stdout: '', stderr: 'Busy.', failure, refused: true })
  const late = await act(t, async (ctx) => {
    await print(ctx, `console.log('out')`).ended
    throw new CommandError('ACME_BUSY', 'Busy.', { refused: true })
  })
  t.match(late.result, { exitCode: -1, stdout: 'out\n', refused: undefined }, 'what ran is no refusal')
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
    () => Promise.reject(new Proxy({}, { get: () => assert.fail('no') })),
    () => Promise.reject(Object.assign(Object.create(null), { name: 'CommandError' })),
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
