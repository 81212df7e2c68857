import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { CAPABILITIES } from '../../core/protocol/schemas.ts'
import { startServer } from '../server.ts'
import { startDaemon } from './daemon.ts'
import type { Missing, Peer, PeerKind, StartOptions } from './peer.ts'

const ROOT = path.join(import.meta.dirname, '../..')
const AGENT = path.join(ROOT, 'bin/gururmm-agent.js')
const BUNDLE = path.join(ROOT, 'dist/cli.js')

const NODE_VERSION = `Node ${process.version}`

/** Bundles a module of the bench into `scratch` as the agent is: running TypeScript as it is costs memory, and memory costs time. */
export async function bundleModule(module: string, scratch: string): Promise<string> {
  const file = path.join(scratch, `${path.basename(module, '.ts')}.mjs`)
  await build({
    entryPoints: [path.join(import.meta.dirname, '..', module)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  return file
}

export interface FloorKindOptions {
  /** A module to load before the agent. */
  readonly preload?: string
}

export async function floorKind(scratch: string, { preload }: FloorKindOptions = {}): Promise<PeerKind> {
  const file = await bundleModule('floor-agent.ts', scratch)
  const args = (url: string, seconds: number) => [...importing(preload), file, url, String(seconds)]
  return {
    name: 'floor',
    explanation: `bench/floor-agent.ts: \`ws\` and \`sh -c\`, nothing else (${NODE_VERSION})`,
    measured: ['starts', 'memory', 'output'],
    start: (options) => startNodeAgent((url) => args(url, options.heartbeatSeconds), null, options),
  }
}

export interface AgentKindOptions {
  readonly name: string
  /** What the server lists in `auth_ack`; null: a server that knows the spec's two messages only. */
  readonly capabilities: readonly string[] | null
  readonly explanation: string
  /** Default: single commands alone. */
  readonly measured?: PeerKind['measured']
  /** A module to load before the agent. */
  readonly preload?: string
  /** Where its data lies. Default: in the bench's own folder. */
  readonly dataDir?: string
}

/** The agent as it is installed: the bundle, its default config, both shipped plugins. */
export function agentKind(scratch: string, options: AgentKindOptions): PeerKind | Missing {
  const { name, capabilities, explanation, measured = [], preload, dataDir } = options
  if (!existsSync(BUNDLE))
    return { name, missing: `the agent is not built: ${BUNDLE} is missing; run \`npm run build\`` }
  let kept: string | undefined
  return {
    name,
    explanation,
    measured,
    async start(startOptions) {
      const fresh = () => mkdtemp(path.join(scratch, 'agent-'))
      if (startOptions.again) kept ??= await fresh()
      const folder = startOptions.again && kept !== undefined ? kept : await fresh()
      const args = async (url: string) => {
        const config = await writeConfig(
          folder,
          dataDir ?? path.join(folder, 'var'),
          url,
          startOptions.heartbeatSeconds,
        )
        return [...importing(preload), AGENT, 'start', '--config', config]
      }
      return startNodeAgent(args, capabilities, startOptions)
    },
  }
}

function importing(module: string | undefined): readonly string[] {
  return module === undefined ? [] : [`--import=${pathToFileURL(module).href}`]
}

/** Speaks all that the agent can. */
export const ALL_CAPABILITIES: readonly string[] = CAPABILITIES

async function writeConfig(folder: string, dataDir: string, url: string, heartbeatSeconds: number): Promise<string> {
  const tokenFile = path.join(folder, 'token')
  await writeFile(tokenFile, 'bench-token-of-loopback\n', { mode: 0o600 })
  const base = path.join(folder, 'base')
  await mkdir(base, { recursive: true })
  const config = {
    agent: { site: 'bench', dataDir },
    server: { url, tokenFile, heartbeatSeconds },
    plugins: { shell: {}, claude_task: { config: { security: { baseDirectories: [base] } } } },
  }
  const file = path.join(folder, 'agent.config.json')
  await writeFile(file, JSON.stringify(config))
  return file
}

async function startNodeAgent(
  args: (url: string) => readonly string[] | Promise<readonly string[]>,
  capabilities: readonly string[] | null,
  { env = {} }: StartOptions,
): Promise<Peer> {
  const server = await startServer(capabilities)
  const daemon = startDaemon(process.execPath, await args(server.url), { ...process.env, ...env })
  try {
    const announcedAt = await Promise.race([server.announced, daemon.failed])
    return {
      pids: () => [daemon.pid],
      run: (line) => Promise.race([server.run(line), daemon.failed]),
      heartbeats: () => server.heartbeats,
      connectedMs: announcedAt - daemon.startedAt,
      async stop() {
        await daemon.stop()
        await server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}
