import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ClaudeSetup } from './claude.ts'
import { syncLog } from './sync-log.ts'

export const AGENT_ID = 'demo-agent'
const SITE = 'demo-site'

/** Everything the demo keeps, in one temporary folder of its own. */
export interface Stage {
  readonly folder: string
  /** Where the Claude task works; holds sync.log. */
  readonly baseDirectory: string
  readonly agentConfig: string
  /** Address and operator's token, for the server's command line. */
  readonly connection: string
  readonly operatorToken: string
  /** For the reference server. */
  readonly tokens: {
    readonly agents: readonly { token: string; agentId: string; site: string }[]
    readonly operators: readonly { token: string; user: string; role: string }[]
  }
  writeAgentConfig(serverUrl: string, claude: ClaudeSetup | null): Promise<void>
  writeConnection(url: string): Promise<void>
  remove(): Promise<void>
}

/** @param now when the sync log is written; its lines tell of the hours before. */
export async function buildStage(now: number): Promise<Stage> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'gururmm-demo-'))
  const at = (...names: string[]) => path.join(folder, ...names)
  const agentToken = newToken()
  const operatorToken = newToken()
  const baseDirectory = at('shares', 'logs')
  await mkdir(baseDirectory, { recursive: true })
  await writeFile(path.join(baseDirectory, 'sync.log'), syncLog(now))
  await writeSecret(at('agent-token'), agentToken)

  return {
    folder,
    baseDirectory,
    agentConfig: at('agent.config.json'),
    connection: at('operator.json'),
    operatorToken,
    tokens: {
      agents: [{ token: agentToken, agentId: AGENT_ID, site: SITE }],
      operators: [{ token: operatorToken, user: 'demo', role: 'operator' }],
    },
    async writeAgentConfig(serverUrl, claude) {
      if (claude !== null) await writeSecret(at('api-key'), claude.apiKey)
      const config = {
        agent: { id: AGENT_ID, site: SITE, dataDir: './data' },
        server: { url: serverUrl, tokenFile: './agent-token', heartbeatSeconds: 5 },
        plugins: { shell: { enabled: true }, claude_task: claudeSection(claude, baseDirectory) },
      }
      await writeSecret(at('agent.config.json'), `${JSON.stringify(config, null, 2)}\n`)
    },
    writeConnection: (url) => writeSecret(at('operator.json'), JSON.stringify({ url, token: operatorToken })),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  }
}

function claudeSection(claude: ClaudeSetup | null, baseDirectory: string): object {
  if (claude === null) return { enabled: false }
  const { cliPath, environment } = claude
  const security = { baseDirectories: [path.dirname(baseDirectory)] }
  return { enabled: true, config: { cliPath, apiKeyFile: './api-key', environment, security } }
}

function newToken(): string {
  return randomBytes(32).toString('hex')
}

async function writeSecret(file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 })
}
