import { ROUTE_VARIABLES } from './broker/index.ts'
import type { Config } from './config-schema.ts'
import type { TaskPolicy } from './policy/task-policy.ts'
import type { Scratch } from './scratch.ts'

/** The folders of one task, by the names that the CLI finds them under. */
export type Folders = Pick<Scratch, 'home' | 'config' | 'temp'>

/** How the CLI reaches the broker. */
export interface Access {
  /** The variable that the token goes into. */
  readonly variable: string
  readonly token: string
  readonly url: string
  /** Null: the URL's own host is reached. */
  readonly socket: string | null
}

/**
 * The CLI's variables, on top of the runner's small base; nothing of the agent's own. Ours come last, so that the config cannot
 * undo the containment. The real key is none of them, nor is the way to the API.
 */
export function environmentFor(
  config: Config,
  policy: Pick<TaskPolicy, 'environment'>,
  places: Folders,
  access: Access,
  platform?: NodeJS.Platform,
): Record<string, string> {
  return {
    // A wrong key or an overloaded API fails within seconds instead of the CLI's own ten tries in 200 s.
    CLAUDE_CODE_MAX_RETRIES: '2',
    API_TIMEOUT_MS: String(Math.ceil((config.idleTimeoutSeconds * 1000 * 2) / 3)),
    ...withoutRoute({ ...config.environment, ...policy.environment }),
    ...folders(places, platform),
    [access.variable]: access.token,
    ANTHROPIC_BASE_URL: access.url,
    // It leaves out every proxy and every name to look up.
    ...(access.socket !== null && { ANTHROPIC_UNIX_SOCKET: access.socket }),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_AUTOUPDATER: '1',
    // A command of Bash that is moved to the background would outlive the answer.
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    // Both keep the CLI itself from reading files that a task mentions with `@`.
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
    CLAUDE_CODE_DISABLE_ATTACHMENTS: '1',
  }
}

function withoutRoute(variables: Readonly<Record<string, string>>): Record<string, string> {
  const routes: readonly string[] = ROUTE_VARIABLES
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !routes.includes(name)))
}

/** Enough for `--version` and `--help`, which need no key. */
export function probeEnvironment(scratch: Scratch): Record<string, string> {
  return { ...folders(scratch), CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }
}

/** Folders of this one task, so that nothing of a user's login, settings or earlier tasks is found. */
function folders(
  { home, config, temp }: Folders,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  return {
    HOME: home,
    CLAUDE_CONFIG_DIR: config,
    TMPDIR: temp,
    CLAUDE_CODE_TMPDIR: temp,
    XDG_RUNTIME_DIR: temp,
    ...(platform === 'win32' && { USERPROFILE: home, APPDATA: home, LOCALAPPDATA: home, TEMP: temp, TMP: temp }),
  }
}
