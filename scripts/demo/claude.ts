import path from 'node:path'
import { startFakeAnthropic } from '../../test/helpers/fake-anthropic/server.ts'
import { CLAUDE_CLI_VERSION, ensureClaudeCli, findClaudeCli } from '../claude-cli.js'
import type { Narrator } from './narrator.ts'
import { cannedAnswer } from './sync-log.ts'

const OWN_FOLDER = path.join(import.meta.dirname, `../../.demo/claude-code-${CLAUDE_CLI_VERSION}`)

/** What the Claude task needs. */
export interface ClaudeSetup {
  readonly cliPath: string
  readonly apiKey: string
  /** For the CLI: where the API is, if not where it always is. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether the answer is canned. */
  readonly canned: boolean
  close(): Promise<void>
}

/**
 * The real Claude Code CLI, and the API it asks: Anthropic's with ANTHROPIC_API_KEY, else a stand-in on loopback.
 *
 * @param now the time that the demo's sync log was written at.
 */
export async function prepareClaude(narrator: Narrator, now: number): Promise<ClaudeSetup> {
  const cliPath = await findOrInstall(narrator)
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseUrl } = process.env
  if (apiKey) {
    narrator.say('claude', 'ANTHROPIC_API_KEY is set: the task asks Claude, on your account')
    const environment: Record<string, string> = baseUrl ? { ANTHROPIC_BASE_URL: baseUrl } : {}
    return { cliPath, apiKey, environment, canned: false, close: async () => {} }
  }
  const standIn = await startFakeAnthropic({
    scenarios: {
      default: [
        // biome-ignore lint/suspicious/noTemplateCurlyInString: filled in by the stand-in with the CLI’s own directory
        { calls: [{ name: 'Read', input: { file_path: '${cwd}/sync.log' } }] },
        { text: cannedAnswer(now), chunks: 6, ms: 100 },
      ],
    },
  })
  narrator.say('claude', `no ANTHROPIC_API_KEY: the real CLI runs against a stand-in API at ${standIn.url}`)
  narrator.say('claude', 'its answers are canned; set ANTHROPIC_API_KEY to ask Claude')
  return {
    ...{ cliPath, apiKey: 'not-a-key-the-stand-in-takes-any', canned: true },
    environment: { ANTHROPIC_BASE_URL: standIn.url },
    close: standIn.close,
  }
}

/** The one that the tests installed will do. */
async function findOrInstall(narrator: Narrator): Promise<string> {
  const present = (await findClaudeCli()) ?? (await findClaudeCli(OWN_FOLDER))
  if (present !== null) return present
  const cliPath = await ensureClaudeCli({ folder: OWN_FOLDER, say: (line) => narrator.say('claude', line) })
  narrator.say('claude', 'it stays in .demo/ for the next time; remove that folder when you have seen enough')
  return cliPath
}
