import Ajv from 'ajv'
import type { ProfileName } from '../../../plugins/claude-task/config-schema.ts'
import { type Config, configSchema } from '../../../plugins/claude-task/config-schema.ts'
import type { ClaudeResult } from '../../../plugins/claude-task/events/event.ts'
import { policyFor, type TaskPolicy } from '../../../plugins/claude-task/policy/task-policy.ts'

const ajv = new Ajv.default({
  strict: true,
  allowUnionTypes: true,
  useDefaults: true,
  formats: { path: true, 'secret-file': true },
})
const validate = ajv.compile<Config>(configSchema)

/** A config as the plugin gets it: defaults filled in, what the test changes on top. */
export function configWith(changes: { readonly security?: object; readonly [key: string]: unknown } = {}): Config {
  const config: unknown = structuredClone(changes)
  if (!validate(config)) throw new Error(ajv.errorsText(validate.errors))
  return config
}

/** The security part of {@link configWith}. */
export function securityWith(changes: object = {}): Config['security'] {
  return configWith({ security: changes }).security
}

/** The policy of a task under a profile, with what the test changes in the profile and in `security`. */
export function policyWith(profile: ProfileName = 'inspect', changes: object = {}, security: object = {}): TaskPolicy {
  const all = securityWith({
    baseDirectories: ['/srv/base'],
    defaultProfile: profile,
    profiles: { [profile]: changes },
    ...security,
  })
  return policyFor(all, { user: null, role: null }, null, 'linux')
}

/** The CLI's result of a task that was answered, with what the test changes. */
export function resultEvent(changes: Partial<ClaudeResult> = {}): ClaudeResult {
  return {
    kind: 'result',
    subtype: 'success',
    isError: false,
    text: 'the answer',
    errors: [],
    turns: 1,
    costUsd: 0.01,
    sessionId: 's',
    stopReason: 'end_turn',
    terminalReason: 'completed',
    apiStatus: null,
    tokens: { input: 1, output: 2, cacheCreation: 3, cacheRead: 4 },
    denials: [],
    ...changes,
  }
}
