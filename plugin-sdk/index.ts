/**
 * Everything a plugin may import. Start with {@link definePlugin}.
 *
 * @module
 */
export { assertManifest, assertPlugin } from './assert-plugin.ts'
export { CommandError, type CommandErrorOptions, isCommandError } from './command-error.ts'
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from './error-codes.ts'
export { exitCodeOf } from './exit-code.ts'
export {
  API_VERSION,
  limitsSchema,
  MANIFEST_FILE,
  type Manifest,
  type ManifestCommand,
  manifestOf,
  manifestSchema,
  permissionsSchema,
} from './manifest.ts'
export { type OperatorLimits, operatorLimitsSchema, type RequesterLimits } from './operator-limits.ts'
export type {
  AfterCrash,
  Approval,
  ApprovalRequest,
  Check,
  CommandContext,
  Directory,
  ExplainContext,
  Infer,
  Limits,
  Logger,
  ObjectSchema,
  Outcome,
  Permissions,
  Plugin,
  PluginCommand,
  PluginContext,
  Run,
  RunEnd,
  RunOptions,
  Verdict,
} from './plugin.ts'
export { definePlugin } from './plugin.ts'
