/**
 * `npm run demo`: a server and an agent on this machine, a shell command, a Claude task, and both results; then both stay up.
 *
 *   --check       end after the results: exit code 0 when both came, else 1
 *   --no-claude   leave the Claude task out
 */
import { parseArgs } from 'node:util'
import { createClient } from '../examples/server/client.ts'
import type { CommandRecord } from '../examples/server/command.ts'
import { createServer } from '../examples/server/server.ts'
import { startAgent } from './demo/agent-process.ts'
import { prepareClaude } from './demo/claude.ts'
import { claudeTask, shellCommand } from './demo/commands.ts'
import { farewell } from './demo/farewell.ts'
import { sendAndFollow } from './demo/follow.ts'
import { createNarrator } from './demo/narrator.ts'
import { buildStage } from './demo/stage.ts'
import { waitForAgent } from './demo/wait-for-agent.ts'

const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, 'no-claude': { type: 'boolean', default: false } },
})
const narrator = createNarrator()
/** What ends what was started; the last first. */
const endings: (() => Promise<void>)[] = []

/** Everything up to the results. Resolves to whether all came and are good, and what to do until the end. */
async function perform(): Promise<{ ok: boolean; stayUp: () => Promise<void> }> {
  const now = Date.now()
  const claude = options['no-claude'] ? null : await prepareClaude(narrator, now)
  if (claude !== null) endings.push(claude.close)
  const stage = await buildStage(now)
  endings.push(stage.remove)
  narrator.say('demo', `everything is in ${stage.folder}, which goes at the end`)

  const server = await createServer({ tokens: stage.tokens, heartbeatSeconds: 5 })
  endings.push(server.close)
  narrator.say('server', `listens on ${server.httpUrl} for operators and ${server.url} for agents`)
  await stage.writeConnection(server.httpUrl)
  await stage.writeAgentConfig(server.url, claude)
  const agent = startAgent(stage.agentConfig)
  endings.push(agent.stop)
  narrator.say('agent', `starts as process ${agent.pid}`)
  const client = createClient({ url: server.httpUrl, token: stage.operatorToken })
  const { description } = await waitForAgent(client, agent)
  const enabled = description?.plugins?.filter(({ state }) => state === 'enabled') ?? []
  narrator.say(
    'agent',
    `connected from ${description?.hostname}, with the plugins ${enabled.map(({ name }) => name).join(', ')}`,
  )

  const ended = [await sendAndFollow(client, narrator, 'agent', shellCommand)]
  if (claude !== null) ended.push(await sendAndFollow(client, narrator, 'claude', claudeTask(stage.baseDirectory)))
  if (claude?.canned)
    narrator.say('demo', 'the answer above is canned: it comes from the stand-in API, not from Claude')
  return {
    ok: ended.every(isGood),
    async stayUp() {
      narrator.show(farewell(stage, server.httpUrl, agent.logFile, claude !== null))
      const code = await agent.ended
      throw new Error(`The agent ended by itself with ${code}. It said:\n${await agent.logTail()}`)
    },
  }
}

function isGood({ result }: CommandRecord): boolean {
  return result?.exit_code === 0 && result.error == null
}

async function play(): Promise<number> {
  const { ok, stayUp } = await perform()
  const count = options['no-claude'] ? 'the result came' : 'both results came'
  if (ok) narrator.say('demo', `${count}, with exit code 0`)
  else narrator.complain('not every command ended well; see above')
  if (!options.check) await stayUp()
  return ok ? 0 : 1
}

/** Resolves to the exit code of a program that was asked to end. Asked again, it goes on ending: an agent may not be left behind. */
function askedToEnd(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        narrator.say('demo', 'ending …')
        resolve(options.check ? 1 : 0)
      })
    }
  })
}

let exitCode = 1
try {
  exitCode = await Promise.race([askedToEnd(), play()])
} catch (error) {
  narrator.complain((error as Error).message)
}
for (const end of endings.reverse()) await end().catch((error: Error) => narrator.complain(error.message))
narrator.say('demo', 'server and agent have ended; nothing is left of them')
process.exit(exitCode)
