/**
 * Starts programs, keeps everything they start together, and ends it.
 *
 * @module
 */
export { findAccount, hasElevatedRights } from './account.ts'
export { processMarker } from './containment/index.ts'
export type {
  CommandOutput,
  CommandRunner,
  CommandRunnerOptions,
  ContainmentKind,
  ContainmentReport,
  OutputItem,
  RunAs,
  Runner,
  RunnerOptions,
} from './contract.ts'
export { openDirectory } from './directory.ts'
export { baseEnvironment } from './environment.ts'
export { isInside, pathProblem } from './paths.ts'
export { createRunner } from './runner.ts'
