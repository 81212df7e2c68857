import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Asker } from '../../../core/approvals/index.ts'
import { type AgentControl, createLocalServer, findAgent } from '../../../core/local/index.ts'

const command = { id: 'c1', command_type: 'claude_task', command: '' }
const QUESTION = { tool: 'Bash', target: 'id', rule: 'services', seconds: 60 }
const forever = new AbortController().signal

/** A client of an agent whose commands ask `ask` of their caller and tell the answer. */
async function clientOf(t: Test, ask: (asker: Asker | undefined) => Promise<unknown>): Promise<AgentControl> {
  const dataDir = mkdtempSync(join(tmpdir(), 'agent-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const run: AgentControl['run'] = async (_, options) => {
    const stdout = JSON.stringify((await ask(options?.asker)) ?? null)
    return { command_id: 'c1', exit_code: 0, stdout, stderr: '', duration_ms: 1 }
  }
  const server = await createLocalServer({ dataDir, agent: { run } as AgentControl })
  t.teardown(() => server.close())
  return (await findAgent(dataDir)) as AgentControl
}

t.test('a question of a local run reaches its caller, and the answer the command', async (t) => {
  const asked: unknown[] = []
  const client = await clientOf(t, async (asker) =>
    Promise.all([asker?.(QUESTION, forever), asker?.({ ...QUESTION, tool: 'Write' }, forever)]),
  )
  const { stdout } = await client.run(command, {
    async asker(question) {
      asked.push(question)
      return { approved: question.tool === 'Bash', by: 'root' }
    },
  })
  t.match(JSON.parse(stdout), [
    { approved: true, by: 'root' },
    { approved: false, by: 'root' },
  ])
  t.same(asked, [QUESTION, { ...QUESTION, tool: 'Write' }])
})

t.test('a caller that cannot be asked is not', async (t) => {
  const client = await clientOf(t, async (asker) => asker === undefined)
  t.equal((await client.run(command)).stdout, 'true')
})

t.test('a question that is given up is withdrawn from the caller', async (t) => {
  const client = await clientOf(t, async (asker) => {
    const given = new AbortController()
    void asker?.(QUESTION, given.signal)
    given.abort()
  })
  const withdrawn = Promise.withResolvers<void>()
  await client.run(command, {
    asker(_, signal) {
      signal.addEventListener('abort', () => withdrawn.resolve())
      return new Promise(() => {})
    },
  })
  await withdrawn.promise
  t.pass('it was told')
})
