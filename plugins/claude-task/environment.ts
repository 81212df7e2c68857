import type { Config } from './config-schema.ts'
import type { TaskPolicy } from './policy/task-policy.ts'
import type { Scratch } from './scratch.ts'

/** Long-lived tokens of `claude setup-token` begin so; the CLI takes them under another name than API keys. */
const OAUTH_TOKEN = /^sk-ant-oat/

/**
 * The CLI's variables, on top of the runner's small base; nothing of the agent's own. Ours come last, so that the config cannot
 * undo the containment.
 *
 * @param key content of `apiKeyFile`.
 */
export function environmentFor(
  config: Config,
  policy: Pick<TaskPolicy, 'environment'>,
  scratch: Scratch,
  key: string,
  platform?: NodeJS.Platform,
): Record<string, string> {
  return {
    // A wrong key or an overloaded API fails within seconds instead of the CLI's own ten tries in 200 s.
    CLAUDE_CODE_MAX_RETRIES: '2',
    API_TIMEOUT_MS: String(Math.ceil((config.idleTimeoutSeconds * 1000 * 2) / 3)),
    ...config.environment,
    ...policy.environment,
    ...folders(scratch, platform),
    [OAUTH_TOKEN.test(key) ? 'CLAUDE_CODE_OAUTH_TOKEN' : 'ANTHROPIC_API_KEY']: key,
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

/** Enough for `--version` and `--help`, which need no key. */
export function probeEnvironment(scratch: Scratch): Record<string, string> {
  return { ...folders(scratch), CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' }
}

/** Folders of this one task, so that nothing of a user's login, settings or earlier tasks is found. */
function folders(
  { home, config, temp }: Scratch,
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
