import { type CommandContext, definePlugin } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import type { ProgressItem } from '../../../core/dispatch/contract.ts'
import { act, node, print } from '../../helpers/actor-plugin.ts'
import { hostOfPlugin, runOn } from '../../helpers/plugin-host.ts'

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
    rest: ['approve', 'logger', 'openDirectory', 'progress', 'run', 'secret', 'signal'],
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
