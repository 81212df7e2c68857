import type { Test } from 'tap'
import { processesWith } from '../../helpers/processes.ts'
import { startReferenceServer } from '../../helpers/reference-server.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import type { AgentSettings, Platform } from '../platform.ts'

/** Programs start slowly under Wine. */
export const PATIENCE_MS = 120_000

/** An agent and the reference server that it is connected to. */
export async function withReferenceServer(t: Test, platform: Platform, settings: Partial<AgentSettings> = {}) {
  const server = await startReferenceServer(t)
  const agent = await platform.startAgent(t, { serverUrl: server.url, ...settings })
  const untilOnline = () => waitUntil('the agent', () => server.agents.get('agent-1')?.session != null, PATIENCE_MS)
  const untilOffline = () =>
    waitUntil('the server to notice', () => server.agents.get('agent-1')?.session == null, PATIENCE_MS)
  await untilOnline()
  const send = (command: string, more: object = {}) =>
    server.client.send('agent-1', { command_type: 'shell', command, ...more })
  /** Sends a line for the shell and waits for its result. */
  const run = async (command: string, more: object = {}) =>
    (await server.client.ended((await send(command, more)).id)).result
  return { ...server, agent, send, run, untilOnline, untilOffline }
}

/** An agent and a server that knows the spec's two messages alone. */
export async function withSpecServer(t: Test, platform: Platform, settings: Partial<AgentSettings> = {}) {
  const server = await startSpecServer(t)
  const agent = await platform.startAgent(t, { serverUrl: server.url, ...settings })
  await server.inbox.take('auth', undefined, PATIENCE_MS)
  const resultOf = (id: string) => server.resultOf(id, PATIENCE_MS)
  return { server, agent, resultOf }
}

/** A word that no other process has in its command line. */
export function newMark(): string {
  return `mark-${String(Math.random()).slice(2, 12)}`
}

/** Resolves when at least so many processes of this machine have the mark in their command line. */
export function untilProcesses(mark: string, count: number): Promise<void> {
  return waitUntil(`${count} processes`, async () => (await processesWith(mark)).length >= count, PATIENCE_MS)
}

/**
 * Fails where a process with the mark is left. Under Wine one that was just being started is a process of this machine for a moment after
 * it is none of Windows any more.
 */
export async function noneLeft(t: Test, platform: Platform, mark: string): Promise<void> {
  const isGone = async () => (await processesWith(mark)).length === 0
  if (platform.name === 'Windows') await waitUntil('nothing to be left', isGone)
  t.same(await processesWith(mark), [])
}

export const shellLimits = (limits: object) => ({
  plugins: { shell: { enabled: true, limits: { shell: limits } }, claude_task: { enabled: false } },
})
