import { cliRules } from './policy/patterns.ts'
import type { TaskPolicy } from './policy/task-policy.ts'
import type { Sandbox } from './sandbox/choose.ts'

/** Flags that the containment rests on. A CLI whose `--help` lacks one is refused: it would end with "unknown option" at best. */
export const REQUIRED_FLAGS = [
  '--restricted',
  '--strict-mcp-config',
  '--disable-slash-commands',
  '--no-session-persistence',
  '--permission-mode',
  '--include-partial-messages',
  '--settings',
  '--tools',
  '--max-budget-usd',
] as const

/**
 * The CLI's arguments: everything that the working directory could bring (settings, hooks, MCP servers, commands, agents, memory) is
 * left out, and only the policy's tools exist. The task itself goes to standard input, and so do the answers to what the CLI asks.
 *
 * @param settingsFile made from {@link settingsFor}.
 */
export function argumentsFor(policy: TaskPolicy, settingsFile: string): readonly string[] {
  const model = policy.model === null ? [] : ['--model', policy.model]
  return [
    '-p',
    '--output-format',
    'stream-json',
    '--verbose',
    // Without the pieces a long answer would look like silence to the idle timeout.
    '--include-partial-messages',
    '--restricted',
    '--strict-mcp-config',
    '--disable-slash-commands',
    '--no-session-persistence',
    // Whatever the rules of our settings leave open is asked as well.
    '--permission-mode',
    'manual',
    '--permission-prompt-tool',
    'stdio',
    '--input-format',
    'stream-json',
    '--tools',
    policy.tools.join(','),
    '--max-turns',
    String(policy.maxTurns),
    '--max-budget-usd',
    String(policy.maxBudgetUsd),
    '--settings',
    settingsFile,
    ...model,
  ]
}

/**
 * The CLI's settings for one task, as it reads them from a file of ours.
 *
 * @param hidden absolute paths that no tool may read even where a base directory holds them, e.g. the key's file.
 * @param sandbox what the CLI runs in.
 */
export function settingsFor(policy: TaskPolicy, hidden: readonly string[], sandbox: Sandbox['kind']): object {
  return {
    permissions: {
      // The CLI asks before each use of a tool; without these it would not ask inside the working directory.
      ask: policy.tools,
      // It asks about a search, not about each file that it finds: what must not be read it has to know by itself.
      deny: [...hidden, ...policy.denyRead].flatMap((pattern) => cliRules('Read', pattern)),
      // With it the CLI also denies each command that it cannot analyse, which leaves little of Bash and hides nothing from it.
      blockReadsOutsideWorkingDirectories: !policy.tools.includes('Bash'),
      disableBypassPermissionsMode: 'disable',
    },
    // In ours the CLI's own cannot be made, and has nothing to add.
    ...(sandbox === 'cli' ? { sandbox: sandboxSettings(policy, hidden) } : {}),
  }
}

/** No sandbox means no Bash: without `failIfUnavailable` the CLI would only print a warning and run it unconfined. */
function sandboxSettings({ networkHosts }: TaskPolicy, hidden: readonly string[]): object {
  return {
    enabled: true,
    failIfUnavailable: true,
    autoAllowBashIfSandboxed: false,
    allowUnsandboxedCommands: false,
    filesystem: { denyRead: hidden },
    network: { allowedDomains: networkHosts },
    credentials: { envVars: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'].map((name) => ({ name, mode: 'deny' })) },
  }
}
