import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentView, Client } from '../../examples/server/client.ts'
import type { AgentProcess } from './agent-process.ts'
import { AGENT_ID } from './stage.ts'

const SECONDS = 60

/**
 * The agent once the server sees it online.
 *
 * @throws Error with the end of the agent's log where it ended instead, or did not come within a minute.
 */
export async function waitForAgent(client: Client, agent: AgentProcess): Promise<AgentView> {
  let exitCode: number | null | undefined
  void agent.ended.then((code) => {
    exitCode = code
  })
  for (const deadline = Date.now() + SECONDS * 1000; Date.now() < deadline; await sleep(50)) {
    if (exitCode !== undefined) throw new Error(`The agent ended with ${exitCode}. It said:\n${await agent.logTail()}`)
    const found = (await client.agents()).find(({ id, online }) => id === AGENT_ID && online)
    if (found !== undefined) return found
  }
  throw new Error(`The agent did not connect within ${SECONDS} s. It said:\n${await agent.logTail()}`)
}
