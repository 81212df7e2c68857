import { test } from 'tap'
import { runOn } from '../helpers/plugin-host.ts'
import { galleryHost, PATIENT, unharmed } from './host.ts'

for (const how of ['never', 'loop', 'exit']) {
  test(`hangs (${how}): a setup that does not end well costs its own commands only`, async (t) => {
    const host = galleryHost(t, 'hangs', { config: { how } }, { ...PATIENT, hookTimeoutSeconds: 1 })
    const hanging = runOn(host, 'hangs', {})
    await unharmed(t, host)
    t.match(await hanging, { exitCode: -1, failure: { code: 'PLUGIN_UNAVAILABLE' } })
    const code = how === 'exit' ? 'PLUGIN_CRASHED' : 'PLUGIN_SETUP_FAILED'
    t.match(host.list()[0], { code, reason: /hangs/ })
    await unharmed(t, host)
  })
}

test('bomb: schemas of strangers burn their own process', async (t) => {
  const host = galleryHost(t, 'bomb')
  t.match(await runOn(host, 'bomb_none', {}), { exitCode: 0, stdout: 'fine' })
  t.match(await runOn(host, 'bomb_invalid', {}), { exitCode: -1, failure: { code: 'PLUGIN_UNAVAILABLE' } })
  const pattern = runOn(host, 'bomb_pattern', { text: 'a'.repeat(50) })
  await unharmed(t, host)
  t.match(await pattern, { exitCode: -1, failure: { code: 'PLUGIN_CRASHED', message: /schema|loop/ } })
  t.match(await runOn(host, 'bomb_none', {}), { exitCode: 0, stdout: 'fine' })
  await unharmed(t, host)
})
