import * as folder from './folder.ts'
import * as leftovers from './leftovers.ts'
import * as tools from './tools.ts'
import type { Attempt } from './world.ts'

/** The attempts by what they are after. */
export const CLASSES: Readonly<Record<string, readonly Attempt[]>> = {
  read: tools.read,
  write: tools.writes,
  list: tools.list,
  run: tools.runs,
  network: tools.network,
  'key theft': tools.keys,
  'symbolic links': tools.links,
  planting: tools.planting,
  'background processes': leftovers.background,
  forks: leftovers.forks,
  'huge output': leftovers.output,
  'session files': folder.sessions,
  mentions: folder.mentions,
  'slash commands': folder.slashes,
  hooks: folder.hooks,
  MCP: folder.mcp,
  settings: folder.settings,
  skills: folder.skills,
  'CLAUDE.md': folder.memory,
}
