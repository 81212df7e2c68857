import type { RuleConfig } from '../config-schema.ts'
import { fitsAnyPart, fitsWhole } from './commands.ts'
import { makeFileBounds, type TaskPlace } from './file-call.ts'
import { compilePatterns, type Patterns } from './patterns.ts'
import type { Ruling, ToolCall } from './ruling.ts'
import type { TaskPolicy } from './task-policy.ts'

/** What calls are judged by, made ready once for a task. */
export interface Judge {
  /**
   * Decides about a call. Looks at the disk, so its answer holds for the disk as it is now; docs/claude-task.md says what closes that gap.
   * Never rejects: what cannot be judged is denied.
   */
  rule(call: ToolCall): Promise<Ruling>
}

/**
 * What the policy says to giving Claude a file, which is reading it for Claude: as to the tool Read, whether the profile has that tool or
 * not.
 */
export function makeReadJudge(policy: TaskPolicy, place: TaskPlace): (path: string) => Promise<Ruling> {
  const judge = makeJudge({ ...policy, tools: [...policy.tools, 'Read'] }, place)
  return (path) => judge.rule({ tool: 'Read', input: { file_path: path } })
}

/** Fields of Bash's input that may be carried out; another could leave the sandbox or the task's end behind. */
const BASH_FIELDS = ['command', 'description', 'timeout'] as const

/** A rule of the profile, made ready. */
type ReadyRule = RuleConfig & { readonly name: string; readonly fitsPath: Patterns | null }

/** Makes the judge of one task. */
export function makeJudge(policy: TaskPolicy, place: TaskPlace): Judge {
  const profile = `security.profiles.${policy.profile.name}`
  const rules = readyRules(policy)
  const bound = makeFileBounds(policy, place)

  async function rule(call: ToolCall): Promise<Ruling> {
    const { tool } = call
    if (!policy.tools.some((each) => each === tool)) {
      return deny(call, `${profile}.tools`, `The profile ${policy.profile.name} does not have the tool ${tool}.`)
    }
    if (tool === 'Bash') return ruleOnCommand(call)
    const bounded = await bound(call)
    if ('why' in bounded) return deny(call, bounded.rule, bounded.why)
    const chosen = strictest(rules.filter((each) => fitsFileCall(each, tool, bounded.path)))
    return byRule({ tool, input: bounded.input }, chosen)
  }

  function ruleOnCommand({ tool, input }: ToolCall): Ruling {
    const { command } = input
    const kept = Object.fromEntries(BASH_FIELDS.flatMap((key) => (key in input ? [[key, input[key]]] : [])))
    const call = { tool, input: kept }
    if (typeof command !== 'string') return deny(call, 'tool input', 'The call names no command.')
    return byRule(call, strictest(rules.filter((each) => fitsCommand(each, command))))
  }

  function byRule({ tool, input }: ToolCall, chosen: ReadyRule | undefined): Ruling {
    if (chosen) {
      const { name, decision } = chosen
      return { decision, rule: `${profile}.rules.${name}`, why: `The rule ${name} ${WORDS[decision]} it.`, input }
    }
    if (policy.otherwise === 'allow') {
      return { decision: 'allow', rule: `${profile}.tools`, why: `The profile has the tool ${tool}.`, input }
    }
    const why = `No rule of the profile allows it, and otherwise it ${WORDS[policy.otherwise]} it.`
    return { decision: policy.otherwise, rule: `${profile}.otherwise`, why, input }
  }

  return {
    rule: (call) =>
      rule(call).catch((error: Error) => deny(call, 'tool input', `It cannot be judged: ${error.message}.`)),
  }
}

const WORDS = { allow: 'allows', deny: 'denies', ask: 'asks a person about' } as const

function deny({ input }: ToolCall, rule: string, why: string): Ruling {
  return { decision: 'deny', rule, why, input }
}

function readyRules({ rules }: TaskPolicy): readonly ReadyRule[] {
  return Object.entries(rules).map(([name, rule]) => {
    const fitsPath = 'paths' in rule && rule.paths ? compilePatterns(rule.paths) : null
    return { ...rule, name, fitsPath }
  })
}

function fitsFileCall({ tools, fitsPath }: ReadyRule, tool: string, path: string): boolean {
  return tools.some((each) => each === tool) && (fitsPath === null || fitsPath.covering(path) !== undefined)
}

function fitsCommand(rule: ReadyRule, command: string): boolean {
  if (!rule.tools.some((each) => each === 'Bash')) return false
  const fits = rule.decision === 'allow' ? fitsWhole : fitsAnyPart
  return !('commands' in rule) || rule.commands === undefined || rule.commands.some((each) => fits(each, command))
}

/** Deny wins over ask, ask over allow. */
function strictest(rules: readonly ReadyRule[]): ReadyRule | undefined {
  return ['deny', 'ask', 'allow'].map((decision) => rules.find((rule) => rule.decision === decision)).find(Boolean)
}
