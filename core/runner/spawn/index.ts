export type { Child, Launch } from './contract.ts'
export { spawnOptionsOf, startChild, startsDescribed } from './start-child.ts'
