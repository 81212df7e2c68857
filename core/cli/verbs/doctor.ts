import { findInstallation } from '../../agent/installation.ts'
import { createTokenSource, isConfigError } from '../../config/index.ts'
import { type AgentControl, type CheckGroup, findAgent } from '../../local/index.ts'
import { becomeOwner } from '../become-owner.ts'
import { checkDataDir, checked, checkProtection, checkRuntime, checkToken } from '../doctor/machine-checks.ts'
import { probeServer } from '../doctor/server-probe.ts'
import { EXIT } from '../exit-codes.ts'
import { type Loaded, load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { print, printJson, safe, style } from '../output.ts'
import type { Call } from '../verb.ts'

/** `doctor`: everything the agent needs, each with what to mend. Goes on after a failed check as far as it can. */
export async function act(call: Call): Promise<number> {
  const asJson = call.opts<{ json?: boolean }>().json ?? false
  const groups: CheckGroup[] = []
  const add = (group: CheckGroup) => {
    groups.push(group)
    if (!asJson) show(group)
  }
  const code = await checkAll(call, add)
  if (asJson) printJson({ ok: code === EXIT.ok, groups })
  return code
}

async function checkAll(call: Call, add: (group: CheckGroup) => void): Promise<number> {
  let isSound = true
  const tell = (group: CheckGroup) => {
    isSound &&= group.checks.every(({ ok }) => ok)
    add(group)
  }
  tell({ name: 'runtime', checks: [checkRuntime(findInstallation().version)] })
  const from = await load(call).catch((error: unknown) => {
    if (!isConfigError(error)) throw error
    tell({
      name: 'config',
      checks: error.message.split('\n').map((message) => ({ name: 'valid', ok: false, message })),
    })
  })
  if (from === undefined) return EXIT.config
  await becomeOwner(from.loaded.config.agent.dataDir)
  tell({
    name: 'config',
    checks: [
      { name: 'valid', ok: true, message: `${from.loaded.file}, site ${from.loaded.site}` },
      await checkProtection(from.loaded),
    ],
  })
  tell({ name: 'token', checks: [await checkToken(from.loaded)] })
  const dataDir = await checkDataDir(from.loaded)
  tell({ name: 'data folder', checks: [dataDir] })
  tell({ name: 'server', checks: [await checkServer(from)] })
  if (dataDir.ok) for (const group of await checkAgent(from)) tell(group)
  return isSound ? EXIT.ok : EXIT.failed
}

async function checkServer({ loaded }: Loaded) {
  const { server } = loaded.config
  const token = await createTokenSource({ file: server.tokenFile })().catch(() => undefined)
  if (token !== undefined) return probeServer(server, token)
  return { name: 'reachable', ok: false, message: 'not tried, for there is no token to show' }
}

/** Asks the running agent, or one of this process. */
async function checkAgent(from: Loaded): Promise<readonly CheckGroup[]> {
  const groups: CheckGroup[] = []
  const running = await checked('running', async () => describeAgent(await findAgent(from.loaded.config.agent.dataDir)))
  groups.push({ name: 'agent', checks: [running] })
  if (!running.ok) return groups
  const own = await withAgent(from, (agent) => agent.doctor(), { showsPlugins: true }).catch((error: Error) => error)
  if (own instanceof Error)
    return [...groups, { name: 'plugins', checks: [{ name: 'loaded', ok: false, message: own.message }] }]
  return [...groups, ...own]
}

async function describeAgent(agent: AgentControl | undefined): Promise<string> {
  if (agent === undefined) return 'no agent runs with this data folder; what follows was tried here'
  const { pid, server } = await agent.status()
  const outage = server.outage === null ? '' : `; ${server.outage.message} (${server.outage.code})`
  const words = { ready: 'connected', waiting: 'not connected' } as const
  return `process ${pid}, ${words[server.state as keyof typeof words] ?? server.state}${server.state === 'ready' ? '' : outage}`
}

function show({ name, checks }: CheckGroup): void {
  for (const check of checks) {
    const mark = check.ok ? style('green', '✓') : style('red', '✗')
    print(`${mark} ${style('bold', name)} ${check.name}: ${safe(check.message)}`)
  }
}
