/**
 * What it costs that a plugin runs in a process of its own: `node --conditions=gururmm-source bench/isolation.ts [ROUNDS]`, after
 * `npm run build`. Nothing is asserted; docs/security.md has the figures of one machine.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Table from 'cli-table3'
import { WebSocketServer } from 'ws'
import { findInstallation } from '../core/agent/installation.ts'
import { createPluginHost, type PluginHost, type PluginSettings } from '../core/plugins/index.ts'
import { Redactor } from '../core/redaction/index.ts'
import { createRunner, findAccount } from '../core/runner/index.ts'
import { median, quantile } from './statistics.ts'

const ROOT = path.join(import.meta.dirname, '..')
const FIXTURE = path.join(ROOT, 'test/fixtures/plugins/good')
const rounds = Number(process.argv[2] ?? 15)
const round = (value: number) => String(Math.round(value * 10) / 10)

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const scratch = mkdtempSync(path.join(tmpdir(), 'gururmm-isolation-'))
chmodSync(scratch, 0o755)
const plugin = path.join(scratch, 'good')
cpSync(FIXTURE, plugin, { recursive: true })

function hostOf(kind: 'none' | 'process' | 'sandbox'): { host: PluginHost; close(): Promise<void> } {
  const { pluginProcess, sdkUrl } = findInstallation(path.join(ROOT, 'dist'))
  const account = findAccount('nobody')
  const redactor = new Redactor()
  const runner = createRunner({ logger: silent, redactor, containment: 'process_group' })
  const settings: PluginSettings = { enabled: true, config: {}, permissions: { programs: ['node'] } }
  const host = createPluginHost({
    plugins: { good: kind === 'none' ? settings : { ...settings, use: plugin, isolation: kind } },
    shippedFolders: { good: FIXTURE },
    dataDir: path.join(scratch, `var-${kind}`),
    site: 'bench',
    configDir: scratch,
    runner,
    redactor,
    logger: silent,
    sdkUrl,
    isolation: { ...pluginProcess, account: account && { name: 'nobody', ...account } },
    maxOutputBytes: 1_048_576,
  })
  const close = async () => {
    await host.close()
    await runner.close()
  }
  return { host, close }
}

/** One command as dispatch has it done, in milliseconds. */
async function command(host: PluginHost): Promise<number> {
  const startedAt = performance.now()
  const found = host.registry.find('good')
  if ('failure' in found) throw new Error(found.failure.message)
  const checked = await found.validate({ command: 'x'.repeat(200) })
  if ('failure' in checked) throw new Error(checked.failure.message)
  const result = await found.run({
    command: { id: 'c', type: 'good', elevated: false, origin: 'server', requester: { user: null, role: null } },
    input: checked.input,
    timeoutSeconds: 60,
    signal: new AbortController().signal,
    progress: () => {},
  })
  if (result.exitCode !== 0) throw new Error(result.stderr)
  return performance.now() - startedAt
}

/** Memory of all processes below this one, what they share with others counted by their share, in MiB. */
function pssMiB(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  const own = (child: number) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/smaps_rollup`, 'utf8'))?.[1]) / 1024
  return children.reduce((sum, child) => sum + own(child) + pssMiB(child), 0)
}

async function measureKind(kind: 'none' | 'process' | 'sandbox'): Promise<readonly string[]> {
  const firsts: number[] = []
  let times: number[] = []
  let memory = 0
  for (let n = 0; n < rounds; n++) {
    const { host, close } = hostOf(kind)
    await host.ready
    firsts.push(await command(host))
    if (n === rounds - 1) {
      for (let k = 0; k < 500; k++) await command(host)
      memory = kind === 'none' || process.platform !== 'linux' ? Number.NaN : pssMiB(process.pid)
      times = []
      for (let k = 0; k < 3000; k++) times.push((await command(host)) * 1000)
    }
    await close()
  }
  return [kind, round(median(firsts)), round(memory), round(median(times)), round(quantile(times, 0.99))]
}

/** From the start of the built agent to its `auth`, with so many isolated plugins in its config. */
async function agentStartMs(plugins: number): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const folder = mkdtempSync(path.join(scratch, 'agent-'))
  const entries = Array.from({ length: plugins }, (_, n) => {
    const name = `good${n}`
    const copy = path.join(folder, name)
    mkdirSync(copy)
    const rename = (text: string) => text.replaceAll(/good(?=['"_:])|(?<=\s)good(?=: \{)/g, name)
    for (const file of ['index.js', 'gururmm.plugin.json', 'package.json']) {
      writeFileSync(path.join(copy, file), rename(readFileSync(path.join(FIXTURE, file), 'utf8')))
    }
    return [name, { use: copy, permissions: { programs: ['node'] } }]
  })
  const config = path.join(folder, 'agent.config.json')
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(
    config,
    JSON.stringify({
      server: { url },
      log: { level: 'error' },
      plugins: { shell: {}, ...Object.fromEntries(entries) },
    }),
  )
  const startedAt = performance.now()
  const child = spawn(process.execPath, [path.join(ROOT, 'dist/cli.js'), 'start', '--config', config], {
    env: { ...process.env, GURURMM_TOKEN: 'bench-token' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [socket] = await once(server, 'connection')
  const [frame] = await once(socket, 'message')
  const took = performance.now() - startedAt
  const { plugins: told } = JSON.parse(String(frame)).payload as { plugins?: readonly { state: string }[] }
  if (told?.filter(({ state }) => state === 'enabled').length !== plugins + 1)
    throw new Error(`not all plugins: ${frame}`)
  child.kill()
  await once(child, 'exit')
  server.close()
  return took
}

try {
  const kinds = new Table({
    head: ['isolation', 'first command ms', 'PSS MiB', 'command p50 µs', 'p99 µs'],
    style: { head: [], border: [] },
  })
  for (const kind of ['none', 'process', 'sandbox'] as const) {
    kinds.push([...(await measureKind(kind).catch((error: Error) => [kind, error.message, '', '', '']))])
  }
  console.log(kinds.toString())
  const starts: { [plugins: number]: number[] } = { 0: [], 10: [] }
  // The first starts compile the bundle
  for (const count of [0, 10]) await agentStartMs(count)
  for (let n = 0; n < rounds; n++) for (const count of [0, 10]) starts[count]?.push(await agentStartMs(count))
  const [without, with10] = [median(starts[0] ?? []), median(starts[10] ?? [])]
  console.log(
    `agent start: ${round(without)} ms with no isolated plugin, ${round(with10)} ms with ten (× ${(with10 / without).toFixed(2)})`,
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
