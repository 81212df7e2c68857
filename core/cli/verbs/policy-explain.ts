import { randomUUID } from 'node:crypto'
import type { AgentControl } from '../../local/index.ts'
import type { ExplainedStep, Explanation } from '../../policy/index.ts'
import { EXIT } from '../exit-codes.ts'
import { type Loaded, load } from '../load.ts'
import { withAgent } from '../local-agent.ts'
import { note, print, printJson, safe, style } from '../output.ts'
import { readCommand, readInputFile } from '../type-arguments.ts'
import type { Call } from '../verb.ts'

interface ExplainFlags {
  readonly input?: string
  readonly elevated?: boolean
  readonly user?: string
  readonly role?: string
  readonly site?: string
  readonly json?: boolean
}

/** `policy explain`: what would become of a command, were it sent now, and by which rules. Ends with 1 where it would be refused. */
export async function act(call: Call): Promise<number> {
  const flags = call.opts<ExplainFlags>()
  const fromFile = flags.input === undefined ? {} : await readInputFile(flags.input)
  const from = await load(call)
  const explanation = await withAgentOf(from, flags.site, (agent) => explain(agent, call.args, flags, fromFile))
  if (flags.json) printJson(explanation)
  else show(explanation)
  return explanation.allowed ? EXIT.ok : EXIT.failed
}

/** The running agent knows what is left of its limits; of another site there is none to ask. */
async function withAgentOf<T>(
  from: Loaded,
  site: string | undefined,
  use: (agent: AgentControl) => Promise<T>,
): Promise<T> {
  if (site === undefined || site === from.loaded.site) return withAgent(from, use)
  note(`As at the site ${safe(site)}: the limits are shown as if nothing had run.`)
  const { withTrialAgent } = await import('../own-agent.ts')
  return withTrialAgent(from, { 'agent.site': site }, use)
}

async function explain(
  agent: AgentControl,
  args: readonly string[],
  {
    elevated = false,
    user = null,
    role = null,
  }: Omit<ExplainFlags, 'user' | 'role'> & {
    readonly user?: string | null
    readonly role?: string | null
  },
  fromFile: Awaited<ReturnType<typeof readInputFile>>,
): Promise<Explanation> {
  return agent.explain({
    id: randomUUID(),
    ...(await readCommand(agent, args, fromFile, 'policy explain')),
    elevated,
    requested_by: { user, role },
  })
}

function show({ allowed, type, site, requester, steps }: Explanation): void {
  const who = requester.user === null ? 'nobody by name' : safe(requester.user)
  const role = requester.role === null ? '' : ` (${safe(requester.role)})`
  const verdict = allowed ? style('green', 'allowed') : style('red', 'refused')
  print(`${style('bold', safe(type))} at site ${safe(site)}, asked by ${who}${role}: ${verdict}`)
  for (const step of steps) showStep(step)
}

function showStep({ step, allowed, message, rule, code, retryAfterSeconds }: ExplainedStep): void {
  const mark = allowed ? style('green', '✓') : style('red', '✗')
  const again = retryAfterSeconds === undefined ? '' : `, again in ${Math.ceil(retryAfterSeconds)} s`
  const coded = code === undefined ? '' : ` (${safe(code)}${again})`
  print(`${mark} ${style('bold', step)}: ${safe(message)}${coded}`)
  if (rule !== null) print(`    ${style('gray', safe(rule))}`)
}
