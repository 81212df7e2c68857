import { chmod, writeFile } from 'node:fs/promises'
import t from 'tap'
import { createTokens, readTokens, type TokensConfig } from '../../../examples/server/tokens.ts'
import { AGENT_TOKEN, OPERATOR_TOKEN, TOKENS } from '../../helpers/reference-server.ts'

t.test('a token names whom it was given to', async (t) => {
  const tokens = createTokens(TOKENS)
  t.match(tokens.findAgent(`Bearer ${AGENT_TOKEN}`), { agentId: 'agent-1', site: 'main-office' })
  t.match(tokens.findAgent(`bearer  ${AGENT_TOKEN}`), { agentId: 'agent-1' })
  t.match(tokens.findOperator(`Bearer ${OPERATOR_TOKEN}`), { user: 'olga', role: 'technician' })
  for (const header of [undefined, '', 'Bearer', AGENT_TOKEN, `Bearer ${AGENT_TOKEN}x`, `Bearer ${OPERATOR_TOKEN}`]) {
    t.equal(tokens.findAgent(header), undefined, String(header))
  }
  t.notOk(JSON.stringify(tokens.agents).includes(AGENT_TOKEN), 'only hashes are kept')
})

t.test('tokens that are not valid are refused, and never quoted', async (t) => {
  const wrong = [
    {},
    { ...TOKENS, agents: [{ token: 'tooshort', site: 'x' }] },
    { ...TOKENS, agents: [{ token: 'with a blank 0123456789', site: 'x' }] },
    { ...TOKENS, agents: [{ token: AGENT_TOKEN }] },
    { ...TOKENS, agents: [{ token: AGENT_TOKEN, site: 'x', agent: 'typo' }] },
    { ...TOKENS, agents: [...TOKENS.agents, ...TOKENS.agents] },
  ]
  for (const config of wrong) {
    try {
      createTokens(config as TokensConfig)
      t.fail(JSON.stringify(config))
    } catch (error) {
      t.notMatch(String(error), /tooshort|0123456789/)
    }
  }
})

t.test(
  'a tokens file that others can read is refused',
  { skip: process.platform === 'win32' && 'no modes' },
  async (t) => {
    const path = `${t.testdir()}/tokens.json`
    await writeFile(path, JSON.stringify(TOKENS), { mode: 0o600 })
    t.same(await readTokens(path), TOKENS)
    await chmod(path, 0o640)
    await t.rejects(readTokens(path), /chmod 600/)
  },
)
