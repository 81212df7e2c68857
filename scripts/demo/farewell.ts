import type { Stage } from './stage.ts'
import { AGENT_ID } from './stage.ts'

/** Commands for another terminal, as they can be pasted into any shell. */
export function farewell(stage: Stage, httpUrl: string, logFile: string, withClaude: boolean): string[] {
  const cli = `npm run -s server -- --connection ${quote(stage.connection)}`
  const task = 'task=Which hosts does the sync log name?'
  return [
    'Server and agent stay up; Ctrl-C ends both. From another terminal, in this folder:',
    '',
    `  ${cli} agents`,
    `  ${cli} send ${AGENT_ID} shell "hostname"`,
    ...(withClaude ? [`  ${cli} send ${AGENT_ID} claude_task --set ${quote(task)}`] : []),
    `  node bin/gururmm-agent.js status --config ${quote(stage.agentConfig)}`,
    '',
    `HTTP API: ${httpUrl}/api (see examples/server/README.md); the agent’s log: ${logFile}`,
  ]
}

function quote(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `"${text}"`
}
