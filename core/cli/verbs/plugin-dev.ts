import { relative, resolve } from 'node:path'
import { findInstallation } from '../../agent/installation.ts'
import { readPackageJson } from '../../author/package-json.ts'
import { type DevAgent, startDevAgent } from '../dev/dev-agent.ts'
import { watchFolder } from '../dev/watch-folder.ts'
import { openWorkshop, type Workshop } from '../dev/workshop.ts'
import { EXIT } from '../exit-codes.ts'
import { note, print, safe, style, styleError } from '../output.ts'
import type { Call } from '../verb.ts'

/** `plugin dev [FOLDER]`: the plugin in an agent of its own, isolated, taken up anew after each change; until Ctrl-C, which leaves nothing. */
export async function act(call: Call): Promise<number> {
  const folder = resolve(call.args[0] ?? '.')
  const installation = findInstallation()
  readPackageJson(folder)
  const workshop = await openWorkshop(folder, installation)
  try {
    const agent = await startDevAgent(workshop, installation)
    try {
      await develop(folder, workshop, agent)
    } finally {
      await agent.stop()
    }
  } finally {
    workshop.remove()
  }
  return EXIT.ok
}

async function develop(folder: string, workshop: Workshop, agent: DevAgent): Promise<void> {
  const told = untilToldToStop()
  await takeUp(workshop, agent, true)
  const unwatch = watchFolder(folder, () => takeUp(workshop, agent, false))
  print(`Watching ${relative(process.cwd(), folder) || folder}; Ctrl-C ends it and removes all that it made.`)
  await told
  unwatch()
}

/** What is broken is told, and the version before serves on. */
async function takeUp(workshop: Workshop, agent: DevAgent, isFirst: boolean): Promise<void> {
  try {
    const { name, version, commands } = await workshop.build()
    const { problems } = await agent.take(name)
    if (problems.length > 0) return tellProblems(problems)
    print(`${style('bold', `${name} ${version}`)} is up, in a process of its own.`)
    if (isFirst) tellHow(workshop.configFile, name, Object.keys(commands))
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (typeof code !== 'string' || !code.startsWith('PLUGIN_')) throw error
    tellProblems([message])
  }
}

function tellProblems(problems: readonly string[]): void {
  for (const problem of problems) {
    for (const line of problem.split('\n')) note(`${styleError('red', 'error')} ${safe(line)}`)
  }
  note('It is tried again after the next change.')
}

function tellHow(configFile: string, name: string, types: readonly string[]): void {
  const config = relative(process.cwd(), configFile)
  print('In another terminal, in this folder:')
  for (const type of types) print(`  gururmm-agent --config ${config} run ${type} --help`)
  print(`  gururmm-agent --config ${config} plugin info ${name}`)
}

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve())
  })
}
