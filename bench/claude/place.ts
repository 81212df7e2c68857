import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TaskData } from '../../plugins/claude-task/schemas.ts'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import { startFakeAnthropic } from '../../test/helpers/fake-anthropic/server.ts'

/** What all tasks ask; the stand-in for the API answers at once. */
export const TASK = 'Say hello'

/** A task's way into the CLI: with no sandbox, and with the one that it has by default on Linux. */
export type SandboxKind = 'off' | 'auto'

/** What every measure works with. */
export interface Place {
  readonly cliPath: string
  /** Of the stand-in for the API. */
  readonly apiUrl: string
  /** For whatever the measures need; removed at the end. */
  readonly root: string
  /** The tasks' directory. */
  readonly base: string
  /** The plugin's config. `program`: in the CLI's place. */
  configOf(sandbox: SandboxKind, program?: string): PlaceConfig
  close(): Promise<void>
}

export interface PlaceConfig {
  readonly cliPath: string
  readonly apiKeyFile: string
  readonly environment: Readonly<Record<string, string>>
  readonly security: object
}

export async function makePlace(): Promise<Place> {
  const cliPath = await ensureClaudeCli({ say: (line) => void process.stderr.write(`${line}\n`) })
  const fake = await startFakeAnthropic()
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'gururmm-bench-claude-')))
  const base = path.join(root, 'base')
  mkdirSync(base)
  const apiKeyFile = path.join(root, 'key')
  writeFileSync(apiKeyFile, 'sk-bench-0123456789\n', { mode: 0o600 })
  return {
    ...{ cliPath, apiUrl: fake.url, root, base },
    configOf: (sandbox, program = cliPath) => ({
      ...{ cliPath: program, apiKeyFile, environment: { ANTHROPIC_BASE_URL: fake.url } },
      security: { baseDirectories: [base], profiles: { inspect: { sandbox } } },
    }),
    async close() {
      await fake.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/**
 * Holds a task's result against what is measured.
 *
 * @throws Error where it failed, or did not run in the sandbox whose cost it is to show.
 */
export function checkTask(end: { exitCode: number; stderr: string; data: unknown }, sandbox: SandboxKind): void {
  if (end.exitCode !== 0) throw new Error(`a task ended with ${end.exitCode}: ${end.stderr}`)
  const { layers } = end.data as TaskData
  const expected = sandbox === 'off' ? 'none' : 'bubblewrap'
  if (layers.sandbox === expected) return
  const why = layers.sandbox_reason ?? ''
  throw new Error(`a task with \`sandbox: "${sandbox}"\` ran in ${layers.sandbox}, not in ${expected}: ${why}`.trim())
}
