import { chown } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import t from 'tap'
import { findConfigFile } from '../../../core/config/index.ts'

t.test('--config goes before GURURMM_CONFIG, which goes before the current folder', async (t) => {
  const cwd = t.testdir({ 'agent.config.json': '{}' })
  const env = { GURURMM_CONFIG: 'from-env.json' }
  t.equal(await findConfigFile({ flag: 'given.json', env, cwd }), join(cwd, 'given.json'))
  t.equal(await findConfigFile({ env, cwd }), join(cwd, 'from-env.json'))
  t.equal(await findConfigFile({ env: { GURURMM_CONFIG: '' }, cwd }), join(cwd, 'agent.config.json'))
  t.equal(await findConfigFile({ flag: '/else/x.json', env, cwd }), resolve('/else/x.json'))
})

t.test('where there is none, the error names every place that was looked at', async (t) => {
  const cwd = t.testdir()
  await t.rejects(findConfigFile({ env: { ProgramData: cwd }, cwd }), {
    code: 'CONFIG_UNREADABLE',
    message: /gururmm.*--config/is,
  })
})

t.test(
  'a config that another user left in the current folder is not picked up by chance',
  { skip: process.geteuid?.() !== 0 },
  async (t) => {
    const cwd = t.testdir({ 'agent.config.json': '{}' })
    await chown(join(cwd, 'agent.config.json'), 12_345, 12_345)
    await t.rejects(findConfigFile({ env: {}, cwd }), { code: 'CONFIG_UNREADABLE', message: /12345/ })
    t.equal(await findConfigFile({ flag: 'agent.config.json', env: {}, cwd }), join(cwd, 'agent.config.json'))
  },
)
