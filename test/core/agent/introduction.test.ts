import os from 'node:os'
import t from 'tap'
import { introduce, pluginStates } from '../../../core/agent/introduction.ts'
import type { PluginStatus } from '../../../core/plugins/contract.ts'

const plugin: PluginStatus = {
  name: 'shell',
  state: 'failed',
  reason: `line one\n\u001b[31mred\u202e${'x'.repeat(1000)}`,
  rule: 'plugins.x.enabled',
  code: 'PLUGIN_SETUP_FAILED',
  version: '1.2.3',
  permissions: {},
  configSchema: null,
  commands: [],
  shipped: true,
  folder: null,
}

t.test('auth says who we are, and what the plugins bring', async (t) => {
  const auth = introduce({ id: 'id-1', site: 'clinic', version: '1.0.0', plugins: [plugin] })
  t.match(auth, {
    agent_id: 'id-1',
    site: 'clinic',
    protocol_version: 1,
    agent_version: '1.0.0',
    plugins: [{ name: 'shell', version: '1.2.3', state: 'failed', commands: [] }],
  })
  t.notOk('token' in auth)
})

t.test('a host name is made harmless and short before it reaches a server’s pages', async (t) => {
  t.intercept(os, 'hostname', { value: () => `<img src=x onerror="alert('1')">\u001b[2J${'n'.repeat(1000)}` })
  const { hostname } = introduce({ id: 'i', site: 's', version: '1', plugins: [] })
  t.ok((hostname?.length ?? 0) <= 255)
  t.notMatch(hostname, /[^\x20-\x7e]|[<>"'`]/)
})

t.test('a reason keeps its words, not its control characters', async (t) => {
  const [state] = pluginStates([plugin])
  t.match(state, { name: 'shell', state: 'failed', reason: /^line one\?\?\[31mred\?x/ })
  t.equal(state?.reason?.length, 500)
  t.strictSame(pluginStates([{ ...plugin, reason: null }])[0]?.reason, null)
})
