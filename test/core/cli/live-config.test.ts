import { readFile, rename, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { type AgentUnderTest, startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import { cli } from './cli.ts'

type Config = Record<string, Record<string, unknown>>

async function running(t: Test) {
  const server = await startSpecServer(t)
  const agent = await startAgent(t, { serverUrl: server.url })
  await server.inbox.take('auth')
  let count = 0
  /** The exit code of a shell command of the server. */
  const ask = async () => {
    const id = `command-${++count}`
    server.sendCommand({ id, command_type: 'shell', command: 'echo hi' })
    return (await server.resultOf(id)).exit_code
  }
  return { agent, ask }
}

/** Writes the config anew, as an editor does. */
async function edit({ configFile }: AgentUnderTest, change: (config: Config) => void): Promise<void> {
  const config = JSON.parse(await readFile(configFile, 'utf8'))
  change(config)
  await writeFile(`${configFile}.new`, JSON.stringify(config))
  await rename(`${configFile}.new`, configFile)
}

async function problemOf({ folder }: AgentUnderTest): Promise<string | null> {
  return JSON.parse((await cli(folder, ['status', '--json'])).stdout).config.problem
}

t.test('an edit of a plugin’s settings is in force at once, and so is its way back', async (t) => {
  const { agent, ask } = await running(t)
  t.equal(await ask(), 0)
  await edit(agent, ({ plugins = {} }) => Object.assign(plugins, { shell: { enabled: false } }))
  await waitUntil('shell is off', async () => (await ask()) === -1)
  await edit(agent, ({ plugins = {} }) => Object.assign(plugins, { shell: {} }))
  await waitUntil('shell is on', async () => (await ask()) === 0)
  await edit(agent, ({ plugins = {} }) => delete plugins.shell)
  await waitUntil('shell is gone', async () => (await ask()) === -1)
  t.equal(await problemOf(agent), null)
})

t.test('a broken edit keeps the last good config, and status says so until it is mended', async (t) => {
  const { agent, ask } = await running(t)
  const good = await readFile(agent.configFile, 'utf8')
  await writeFile(agent.configFile, `${good.slice(0, -1)},}`)
  await waitUntil('the agent saw it', () => agent.output().includes('stays in force'))
  t.equal(await ask(), 0)
  t.match(await problemOf(agent), /agent\.config\.json:1:\d+/)
  t.match(await cli(agent.folder, ['run', 'shell', 'true']), { code: 78 }, 'nothing is run under a broken policy')
  await writeFile(agent.configFile, good)
  await waitUntil('the agent saw it', async () => (await problemOf(agent)) === null)
})

t.test('what needs a new start is said, and the plugins follow all the same', async (t) => {
  const { agent, ask } = await running(t)
  await edit(agent, ({ plugins = {}, agent: own = {}, limits = {} }) => {
    Object.assign(plugins, { shell: { enabled: false } })
    Object.assign(own, { runContainment: 'process_group' })
    Object.assign(limits, {})
  })
  await waitUntil('shell is off', async () => (await ask()) === -1)
  t.match(await problemOf(agent), /`agent`.*anew/)
})

t.test('the log’s level follows the file', async (t) => {
  const { agent, ask } = await running(t)
  await edit(agent, (config) => Object.assign(config, { log: { level: 'error' } }))
  await waitUntil('the edit is seen', () => agent.output().includes('the config changed'))
  const before = agent.output()
  t.equal(await ask(), 0)
  t.equal(agent.output(), before)
})

t.test('the site stays what it was when the agent started', async (t) => {
  const { agent, ask } = await running(t)
  await edit(agent, (config) => {
    Object.assign(config.agent ?? {}, { site: 'elsewhere' })
    Object.assign(config, { sites: { elsewhere: { plugins: { shell: { enabled: false } } } }, log: { level: 'debug' } })
  })
  await waitUntil('the edit is seen', () => agent.output().includes('the config changed'))
  t.equal(await ask(), 0)
})
