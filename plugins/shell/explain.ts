import type { ExplainContext, Verdict } from '@gururmm/plugin-sdk'
import { ALLOW_RULE, matchingPatterns, requireAllowed } from './allow-list.ts'
import type { ShellConfig } from './config-schema.ts'
import { ELEVATION_RULE, requireElevationAllowed } from './elevation.ts'

type Context = ExplainContext<ShellConfig>

/** What the operator's policy says of a line. */
export function explainLine({ command }: { readonly command: string }, ctx: Context): Promise<readonly Verdict[]> {
  return explainText(command, ctx)
}

/** What the operator's policy says of a script. */
export function explainScript({ body }: { readonly body: string }, ctx: Context): Promise<readonly Verdict[]> {
  return explainText(body, ctx)
}

/** The handler's own checks, in its order. */
async function explainText(text: string, { config, command }: Context): Promise<readonly Verdict[]> {
  requireElevationAllowed(command.elevated, config)
  const elevation = command.elevated
    ? [{ allowed: true, message: 'Commands may keep the agent’s own rights.', rule: ELEVATION_RULE }]
    : []
  await requireAllowed(config, text)
  const [pattern] = (await matchingPatterns(config, text)) ?? []
  const message =
    pattern === undefined
      ? 'Every command line and script is allowed: the operator set no patterns.'
      : `The whole text matches the pattern ${JSON.stringify(pattern)}.`
  return [...elevation, { allowed: true, message, rule: ALLOW_RULE }]
}
