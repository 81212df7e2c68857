/** The oldest Node that runs the agent, `MAJOR.MINOR`. */
export const MINIMUM: string
/** Node's platform name, as npm packages that carry a Node call it. */
export const PLATFORM: string
export function isEnough(version: string): boolean
export function findBrought(start: string): string | null
export function become(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): void
