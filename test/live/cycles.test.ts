import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { CAN_READ_MEMORY, residentMiB } from '../../bench/process-memory.ts'
import { type AgentControl, findAgent } from '../../core/local/index.ts'
import { fixtureFolder, UNWITHHELD } from '../helpers/isolated-host.ts'
import { startAgent } from '../helpers/processes.ts'
import { type SpecServer, startSpecServer } from '../helpers/spec-server.ts'
import { waitUntil } from '../helpers/wait-until.ts'

const CYCLES = 50
const MEASURED_FROM = 10
/** What 40 cycles may leave behind, in MiB. */
const GROWTH = 5
const SEND_EVERY_MS = 40
/** As it is used: with what its start sets of the runtime. */
const BUILT = [path.join(import.meta.dirname, '../../bin/gururmm-agent.js')]
const METER = path.join(import.meta.dirname, '../fixtures/plugins/meter')

/** Every code of it says another number. */
function writeMeter(folder: string, version: number): void {
  const code = readFileSync(path.join(METER, 'index.js'), 'utf8')
  writeFileSync(path.join(folder, 'index.js'), code.replace('return {', `return { stdout: 'code ${version}',`))
}

/** Sends commands to a shipped and an isolated plugin, evenly, until it is told to stop. */
function load(server: SpecServer, ran: string) {
  const sent: string[] = []
  let paused = false
  const timer = setInterval(() => {
    if (paused) return
    const id = `c-${sent.length}`
    sent.push(id)
    if (sent.length % 2 === 0) server.sendCommand({ id, command_type: 'meter' })
    else server.sendCommand({ id, command_type: 'shell', command: `echo ${id} >> ${ran}; echo done` })
  }, SEND_EVERY_MS)
  return {
    sent,
    pause: () => (paused = true),
    resume: () => (paused = false),
    stop: () => clearInterval(timer),
  }
}

/** The least of some looks, once all is quiet: what is to be collected any moment counts for nothing. */
async function settledMiB(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 20; look++) {
    await pause(150)
    least = Math.min(least, residentMiB([pid]))
  }
  return least
}

/** Everything that an operator may do to plugins of an agent that serves. */
async function cycle(agent: AgentControl, folder: string, number: number): Promise<string | null> {
  await agent.setPlugin('shell', { enabled: false })
  await agent.setPlugin('shell', { enabled: true })
  writeMeter(folder, number)
  const { reason } = await agent.reloadPlugin('meter')
  await agent.setPlugin('meter', { enabled: false })
  await agent.setPlugin('meter', { enabled: true })
  return reason
}

t.test(`${CYCLES} times off, on and new code under load: nothing is lost, doubled or left behind`, async (t) => {
  const server = await startSpecServer(t)
  const folder = fixtureFolder(t, 'meter')
  const plugins = { shell: {}, meter: { use: folder, permissions: UNWITHHELD } }
  const agent = await startAgent(t, {
    serverUrl: server.url,
    config: { plugins },
    entry: BUILT,
  })
  // Plugins may run as another user, who must get to their data
  chmodSync(agent.folder, 0o755)
  await server.inbox.take('auth')
  const dataDir = path.join(agent.folder, 'data')
  await waitUntil('the local socket', async () => (await findAgent(dataDir)) !== undefined)
  const control = (await findAgent(dataDir)) as AgentControl
  const ran = path.join(agent.folder, 'ran')
  writeFileSync(ran, '')
  const { sent, ...traffic } = load(server, ran)
  t.teardown(() => traffic.stop())
  const answered = () => waitUntil('all to be answered', () => server.inbox.of('command_result').length >= sent.length)
  const memory: number[] = []
  const reasons: (string | null)[] = []
  for (let number = 1; number <= CYCLES; number++) {
    reasons.push(await cycle(control, folder, number))
    if (number % MEASURED_FROM !== 0) continue
    traffic.pause()
    await answered()
    memory.push(CAN_READ_MEMORY ? await settledMiB(agent.pid) : 0)
    traffic.resume()
  }
  traffic.stop()
  await answered()
  // One that came twice would have come by then
  await pause(500)

  const results = server.inbox.of('command_result').map(({ payload }) => payload)
  t.equal(results.length, sent.length, `${sent.length} commands, each with one result`)
  t.same(new Set(results.map(({ command_id: id }) => id)), new Set(sent))
  const well = results.filter(({ exit_code: code }) => code === 0)
  const lines = readFileSync(ran, 'utf8').split('\n').filter(Boolean)
  const shell = well.filter(({ stdout }) => stdout === 'done\n').map(({ command_id: id }) => id)
  t.same(lines.toSorted(), shell.toSorted(), `${lines.length} shell commands ran, each once, and the others not at all`)
  const codes = new Set(well.map(({ stdout }) => stdout).filter((stdout) => stdout.startsWith('code ')))
  t.ok(codes.size > CYCLES / 5, `${codes.size} different codes answered`)
  const badly = results.filter(({ exit_code: code }) => code !== 0)
  const foreseen = badly.filter(
    ({ exit_code: code, stderr }) => code === -1 && /switched off|Refused, not run/.test(stderr),
  )
  t.same(
    badly.filter((each) => !foreseen.includes(each)),
    [],
    `${foreseen.length} were refused while their plugin was off`,
  )
  t.same(
    reasons.filter((reason) => reason !== null),
    [],
    'every code was taken up',
  )
  const [early = 0] = memory
  const late = memory.at(-1) ?? 0
  t.ok(
    late <= early + GROWTH,
    `${early.toFixed(1)} MiB after cycle ${MEASURED_FROM}, ${late.toFixed(1)} after ${CYCLES}`,
  )
})
