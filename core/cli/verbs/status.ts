import { guessDataDir, isConfigError } from '../../config/index.ts'
import { findAgent, type LocalStatus, localError } from '../../local/index.ts'
import { EXIT } from '../exit-codes.ts'
import { load, sourceOf } from '../load.ts'
import { print, printJson, safe, stateText, style, table } from '../output.ts'
import type { Call } from '../verb.ts'

/** `status` of the running agent; there is none to tell where it does not run. */
export async function act(call: Call): Promise<number> {
  const dataDir = await dataDirOf(call)
  const agent = await findAgent(dataDir)
  if (agent === undefined) {
    throw localError(
      'AGENT_UNREACHABLE',
      `No agent runs with the data folder ${dataDir}; start it with \`gururmm-agent start\`.`,
    )
  }
  const status = await agent.status()
  if (call.opts<{ json?: boolean }>().json) printJson(status)
  else await show(status)
  return EXIT.ok
}

/** An agent whose config was broken meanwhile still runs, and its status says so. */
async function dataDirOf(call: Call): Promise<string> {
  try {
    return (await load(call)).loaded.config.agent.dataDir
  } catch (error) {
    if (!isConfigError(error)) throw error
    const dataDir = await guessDataDir(await sourceOf(call))
    if ((await findAgent(dataDir)) === undefined) throw error
    return dataDir
  }
}

async function show(status: LocalStatus): Promise<void> {
  const { server, config, running, queued, outbox, containment } = status
  const rows = [
    [
      'agent',
      `${safe(status.agentId)}, version ${status.version}, process ${status.pid}, up ${duration(status.uptimeSeconds)}`,
    ],
    ['site', status.site],
    ['server', `${safe(server.url)} ${connection(server)}`],
    ['config', `${safe(config.file)} (${config.digest.slice(0, 19)}…)`],
    ...(config.problem?.split('\n').map((problem) => ['', style('red', safe(problem))]) ?? []),
    ...profileRows(status.siteProfile),
    ['commands', `${running} running, ${queued} waiting; ${outbox} results to send`],
    ['containment', containment.kind],
  ]
  print(
    await table(
      [],
      rows.map(([key = '', value = '']) => [style('bold', key), value]),
    ),
  )
  print('')
  const plugins = status.plugins.map(({ name, version, state, reason }) => [
    name,
    version ?? '',
    stateText(state),
    safe(reason ?? ''),
  ])
  print(await table(['PLUGIN', 'VERSION', 'STATE', 'REASON'], plugins))
}

/** Nothing where the server sent none. */
function profileRows({ state, revision, receivedAt, plugins, problem }: LocalStatus['siteProfile']): string[][] {
  const touched = Object.keys(plugins).join(', ') || 'nothing'
  const inForce = `revision ${revision} of ${receivedAt}, narrows ${touched}`
  const rows = state === 'in_force' ? [['site profile', inForce]] : []
  if (problem === null) return rows
  return [...rows, [rows.length === 0 ? 'site profile' : '', style('red', safe(problem))]]
}

function connection({ state, since, outage, nextAttemptAt }: LocalStatus['server']): string {
  const lasts = duration((Date.now() - since) / 1000)
  if (state === 'ready') return `${style('green', 'connected')} for ${lasts}`
  const next = nextAttemptAt === null ? '' : `, next try in ${duration(Math.max(0, nextAttemptAt - Date.now()) / 1000)}`
  const why = outage === null ? '' : `: ${safe(outage.message)} (${safe(outage.code)})`
  return `${style('red', state === 'waiting' ? 'not connected' : state)}${next}${why}`
}

/** `42 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds)
  const minutes = Math.floor(whole / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes === 0) return `${whole} s`
  if (hours === 0) return `${minutes} min`
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
