import type { RuleOf } from '../config/index.ts'
import type { CommandType, Failure } from '../dispatch/contract.ts'
import { inputFor, requestFrom } from '../dispatch/request.ts'
import { type LimitUse, refusalOf } from '../limits/limit-use.ts'
import type { Limiter } from '../limits/limits.ts'
import type { PluginHost, PluginStatus } from '../plugins/contract.ts'
import { askPlugin } from '../plugins/index.ts'
import type { CommandPayload } from '../protocol/messages.ts'

/** One rule that a command meets on its way. */
export interface ExplainedStep {
  readonly step: 'plugin' | 'elevation' | 'input' | 'limit' | 'policy'
  readonly allowed: boolean
  /** One plain sentence. */
  readonly message: string
  /** The place that decides; null: no key of a config does. */
  readonly rule: string | null
  /** What the command would be refused with. */
  readonly code?: string
  readonly retryAfterSeconds?: number
}

/** What would become of a command, were it sent now. */
export interface Explanation {
  readonly allowed: boolean
  readonly type: string
  /** Null: none brings the type. */
  readonly plugin: string | null
  readonly site: string
  readonly requester: { readonly user: string | null; readonly role: string | null }
  readonly steps: readonly ExplainedStep[]
}

export interface ExplainParts {
  readonly site: string
  /** Names the place that says a key of the config. */
  readonly ruleOf: RuleOf
  readonly plugins: PluginHost
  readonly limiter: Limiter
}

/** Goes a command's way through every check, in their order, and takes, records and runs nothing. */
export async function explainCommand(payload: CommandPayload, parts: ExplainParts): Promise<Explanation> {
  const request = requestFrom(payload, 'server')
  const { requester } = request
  const found = parts.plugins.registry.find(request.type)
  const status = statusOf(request.type, found, parts.plugins.list())
  const steps = [pluginStep(request.type, found, status)]
  if (!('failure' in found)) {
    steps.push(...elevationSteps(found, request.elevated))
    const checked = await found.validate(inputFor(found, request))
    steps.push(
      'failure' in checked ? refused('input', checked.failure) : passed('input', 'The input fits the type’s schema.'),
    )
    steps.push(...(await limitSteps(found, requester, parts.limiter)))
    if (!('failure' in checked)) steps.push(...(await policySteps(found, checked.input, request, parts)))
  }
  const allowed = steps.every((step) => step.allowed)
  return { allowed, type: request.type, plugin: status?.name ?? null, site: parts.site, requester, steps }
}

function statusOf(
  type: string,
  found: CommandType | { readonly failure: Failure },
  all: readonly PluginStatus[],
): PluginStatus | undefined {
  const bringing = all.filter(({ commands }) => commands.some((each) => each.type === type))
  return 'failure' in found ? bringing[0] : all.find(({ name }) => name === found.plugin)
}

function pluginStep(
  type: string,
  found: CommandType | { readonly failure: Failure },
  status: PluginStatus | undefined,
): ExplainedStep {
  if ('failure' in found) return refused('plugin', found.failure)
  const message = `\`${type}\` is brought by the plugin ${found.plugin} ${status?.version ?? ''}, which is on.`
  return passed('plugin', message, status?.rule)
}

function elevationSteps({ type, elevation }: CommandType, wanted: boolean): ExplainedStep[] {
  if (!wanted) return []
  if (elevation) return [passed('elevation', `\`${type}\` may ask to keep the agent’s own rights.`)]
  const message = `\`${type}\` has no elevation; send it with elevated false.`
  return [refused('elevation', { code: 'ELEVATION_UNSUPPORTED', message })]
}

async function limitSteps(
  type: CommandType,
  requester: Explanation['requester'],
  limiter: Limiter,
): Promise<ExplainedStep[]> {
  try {
    return (await limiter.look(type, requester)).map(limitStep)
  } catch (error) {
    const { code = 'JOURNAL_UNAVAILABLE', message } = error as Error & { code?: string }
    return [refused('limit', { code, message })]
  }
}

function limitStep(use: LimitUse): ExplainedStep {
  return use.full ? refused('limit', refusalOf(use)) : passed('limit', roomIn(use), use.rule)
}

function roomIn({ kind, of, max, used, windowSeconds, key, maxWaiting = 0 }: LimitUse): string {
  const left = Math.round(Math.max(0, max - used) * 1e6) / 1e6
  if (kind === 'usage') return `Of ${max} ${key} in ${windowSeconds} s for ${of}, ${left} are left.`
  if (kind === 'rate') return `Of ${max} ${of} in ${windowSeconds} s, ${left} may still start.`
  const waiting = maxWaiting === 0 ? 'none may wait' : `${maxWaiting} may wait`
  return `${used} of at most ${max} ${of} are running; ${waiting}.`
}

async function policySteps(
  type: CommandType,
  input: unknown,
  { elevated, requester }: { readonly elevated: boolean; readonly requester: Explanation['requester'] },
  { ruleOf }: ExplainParts,
): Promise<ExplainedStep[]> {
  const { verdicts, failure } = await askPlugin(type, input, { elevated, requester })
  if (verdicts === null) return [passed('policy', `The plugin ${type.plugin} says nothing of its own policy.`)]
  const placeOf = (rule: string) => (rule.startsWith(`plugins.${type.plugin}.`) ? ruleOf(rule.split('.')) : rule)
  const told = verdicts.map(({ allowed, message, rule }) => {
    return { step: 'policy' as const, allowed, message, rule: rule === undefined ? null : placeOf(rule) }
  })
  return failure === undefined ? told : [...told, refused('policy', failure)]
}

function passed(step: ExplainedStep['step'], message: string, rule: string | null = null): ExplainedStep {
  return { step, allowed: true, message, rule }
}

function refused(step: ExplainedStep['step'], { code, message, rule, retryAfterSeconds }: Failure): ExplainedStep {
  return {
    step,
    allowed: false,
    message,
    rule: rule ?? null,
    code,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}
