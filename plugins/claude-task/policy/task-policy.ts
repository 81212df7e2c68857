import type { ProfileName, RuleConfig, Security } from '../config-schema.ts'
import { type BaseDirectory, baseDirectories } from './directories.ts'
import { CREDENTIALS, STARTUP_FILES } from './lists.ts'
import { type ChosenProfile, chooseProfile, type Requester } from './profile.ts'

type Profile = Security['profiles'][ProfileName]

/** A tool that a profile may give. */
export type ToolName = Security['profiles']['operate']['tools'][number]

/** What one task may do: its profile, the base directories and what holds for every task, in one. */
export interface TaskPolicy extends Pick<Profile, 'otherwise' | 'environment' | 'model' | 'maxTurns' | 'maxBudgetUsd'> {
  readonly profile: ChosenProfile
  readonly tools: readonly ToolName[]
  /** By name. */
  readonly rules: Readonly<Record<string, RuleConfig>>
  readonly sandbox: 'required' | 'auto' | 'off'
  /** Hosts that Bash may reach. */
  readonly networkHosts: readonly string[]
  /** At least one. */
  readonly bases: readonly [BaseDirectory, ...BaseDirectory[]]
  /** Patterns of what no tool may read, the built-in ones included. */
  readonly denyRead: readonly string[]
  /** Patterns of what no tool may change, the built-in ones included. */
  readonly denyWrite: readonly string[]
  readonly approvalSeconds: number
}

/**
 * What one task may do.
 *
 * @param asked the profile that the task asks for; null: the greatest that its requester has.
 * @throws CommandError `TASK_PROFILE_DENIED`, `BASE_DIRECTORY_UNSET`; both refused.
 */
export function policyFor(
  security: Security,
  requester: Requester,
  asked: ProfileName | null | undefined,
  platform: NodeJS.Platform = process.platform,
): TaskPolicy {
  const chosen = chooseProfile(security, requester, asked)
  const { tools, rules, otherwise, sandbox, environment, model, maxTurns, maxBudgetUsd } =
    security.profiles[chosen.name]
  return {
    profile: chosen,
    tools,
    rules,
    otherwise,
    sandbox,
    networkHosts: chosen.name === 'operate' ? security.profiles.operate.networkHosts : [],
    environment,
    model,
    maxTurns,
    maxBudgetUsd,
    bases: baseDirectories(security, platform),
    denyRead: [...(security.denyCredentials ? CREDENTIALS : []), ...security.denyRead],
    denyWrite: [...(security.denyStartupFiles ? STARTUP_FILES : []), ...security.denyWrite],
    approvalSeconds: security.approvalSeconds,
  }
}

/** Where a profile's keys stand in the config, for rules and sentences. */
export function profileKey({ profile }: TaskPolicy): string {
  return `plugins.claude_task.config.security.profiles.${profile.name}`
}
