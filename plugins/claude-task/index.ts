/**
 * The `claude_task` command: asks the Claude Code CLI to look into something on this machine, inside the operator's base
 * directories and with the operator's tools. docs/claude-task.md tells operators what it does and refuses.
 *
 * @module
 */
import { definePlugin } from '@gururmm/plugin-sdk'
import { checkAll } from './checks.ts'
import { configSchema } from './config-schema.ts'
import { explainTask } from './explain.ts'
import { runTask } from './run-task.ts'
import { inputSchema, resultSchema } from './schemas.ts'
import { sweepScratch } from './scratch.ts'

export default definePlugin({
  name: 'claude_task',
  configSchema,
  permissions: {
    read: 'operator',
    write: 'operator',
    programs: 'operator',
    network: true,
    // Where the CLI is looked for.
    environment: ['PATH', 'HOME', 'USERPROFILE', 'APPDATA', 'ProgramFiles'],
  },
  commands: {
    claude_task: {
      description: 'Asks Claude to look into something on this machine and answers with what it found.',
      schemas: { input: inputSchema, result: resultSchema },
      timeoutSeconds: 300,
      limits: { concurrent: 2, queued: 0, rate: { count: 10, windowSeconds: 3600 } },
      handler: runTask,
      explain: explainTask,
    },
  },
  setup: ({ dataDir }) => sweepScratch(dataDir),
  check: checkAll,
})
