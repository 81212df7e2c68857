import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, definePlugin } from '@gururmm/plugin-sdk'
import { test } from 'tap'
import { askPlugin } from '../../../core/plugins/index.ts'
import { isolatedHostOf } from '../../helpers/isolated-host.ts'
import { hostOfPlugin, runOn, typeOf } from '../../helpers/plugin-host.ts'

const ASKED = { elevated: false, requester: { user: 'ada', role: 'technician' } }

function explainer(explain?: (input: never, ctx: never) => Promise<never>) {
  return definePlugin({
    name: 'acme',
    commands: {
      acme: {
        description: 'Does something.',
        schemas: { input: { type: 'object' }, result: { type: 'object', required: ['nothing'] } },
        async handler() {
          throw new Error('it ran')
        },
        ...(explain && { explain }),
      },
    },
  })
}

const explained = async (t: Parameters<typeof hostOfPlugin>[0], explain?: Parameters<typeof explainer>[0]) => {
  const host = hostOfPlugin(t, explainer(explain))
  await host.ready
  return askPlugin(typeOf(host, 'acme'), { a: 1 }, ASKED)
}

test('what a plugin tells of a command is handed on, and its handler is not called', async (t) => {
  const verdicts = [{ allowed: true, message: 'Fine.', rule: 'plugins.acme.config.x' }]
  const seen: unknown[] = []
  const explain = async (input: unknown, ctx: { requester: unknown; command: object }) => {
    seen.push(input, ctx.requester, 'run' in ctx, 'progress' in ctx)
    return verdicts
  }
  t.same(await explained(t, explain as never), { verdicts })
  t.same(seen, [{ a: 1 }, ASKED.requester, false, false])
})

test('a plugin without a say, one that throws and one that tells nonsense are told apart', async (t) => {
  t.same(await explained(t), { verdicts: null })
  const refuse = async () => {
    throw new CommandError('ACME_NO', 'Not here.', { refused: true, rule: 'plugins.acme.config.x' })
  }
  t.match(await explained(t, refuse as never), { failure: { code: 'ACME_NO', rule: 'plugins.acme.config.x' } })
  t.match(await explained(t, (async () => Promise.reject(new Error('oh'))) as never), {
    failure: { code: 'HANDLER_FAILED' },
  })
  t.same(
    await explained(t, (async () => [{ allowed: 'yes' }, { allowed: false, message: 'x'.repeat(3000) }]) as never),
    {
      verdicts: [{ allowed: false, message: 'x'.repeat(2000) }],
    },
  )
})

test('a plugin in a process of its own explains as one in this, and can start nothing meanwhile', async (t) => {
  const host = isolatedHostOf(t, {
    programs: { permissions: { programs: ['node'], read: ['/'], environment: ['GIVEN'] } },
  })
  const entry = join(host.folderOf('programs'), 'index.js')
  const code = `
import plugin from './original.js'
const [[type, command]] = Object.entries(plugin.commands)
command.explain = async (input, ctx) => {
  const keep = ctx
  return [{ allowed: !('run' in keep), message: JSON.stringify(input) }]
}
export default plugin
`
  copyFileSync(entry, join(host.folderOf('programs'), 'original.js'))
  writeFileSync(entry, code)
  await host.ready
  const [{ commands = [] } = {}] = host.list()
  const type = typeOf(host, commands[0]?.type ?? '')
  t.same(await askPlugin(type, { x: 1 }, ASKED), { verdicts: [{ allowed: true, message: '{"x":1}' }] })
})

test('a refusal of the plugin’s own names the place in the config', async (t) => {
  const plugin = definePlugin({
    name: 'acme',
    commands: {
      acme: {
        description: 'Refuses.',
        schemas: { input: { type: 'object' } },
        async handler() {
          throw new CommandError('ACME_NO', 'Not here.', { refused: true, rule: 'plugins.acme.config.x' })
        },
      },
    },
  })
  const host = hostOfPlugin(t, plugin, { ruleOf: (keys) => `file: ${keys.join('/')}` })
  await host.ready
  t.match(await runOn(host, 'acme', {}), { failure: { rule: 'file: plugins/acme/config/x' } })
})
