import { join } from 'node:path'
import t from 'tap'
import { guessDataDir } from '../../../core/config/index.ts'

t.test('the data folder of a broken config is read as far as it can be', async (t) => {
  const cases: [text: string, dataDir: string][] = [
    ['{ "agent": { "dataDir": "./data" }, }', 'data'],
    ['{ "agent": { "dataDir": "/abs/data", "sitee": 1 }, "log": ', '/abs/data'],
    ['{ "agent": { "dataDir": 3 } }', 'var'],
    ['not JSON', 'var'],
    ['', 'var'],
  ]
  for (const [text, dataDir] of cases) {
    const folder = t.testdir({ 'c.json': text })
    const guessed = await guessDataDir({ file: join(folder, 'c.json'), env: {} })
    t.equal(guessed, dataDir.startsWith('/') ? dataDir : join(folder, dataDir), text)
  }
})

t.test('the environment and flags go before it, as in a sound one', async (t) => {
  const file = join(t.testdir({ 'c.json': '{ "agent": { "dataDir": "./a" }, }' }), 'c.json')
  const env = { GURURMM_AGENT__DATA_DIR: '/from-env' }
  t.equal(await guessDataDir({ file, env }), '/from-env')
  t.equal(await guessDataDir({ file, env, flags: { 'agent.dataDir': '/from-flag' } }), '/from-flag')
})

t.test('a missing config has no data folder', async (t) => {
  await t.rejects(guessDataDir({ file: join(t.testdir(), 'c.json'), env: {} }), { code: 'CONFIG_UNREADABLE' })
})
