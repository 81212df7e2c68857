import { type CommandContext, CommandError } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { act, print } from '../../helpers/actor-plugin.ts'
import { waitUntil } from '../../helpers/wait-until.ts'

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
