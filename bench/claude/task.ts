import path from 'node:path'
import { createPluginHost } from '../../core/plugins/index.ts'
import { Redactor } from '../../core/redaction/index.ts'
import { createRunner } from '../../core/runner/index.ts'
import plugin from '../../plugins/claude-task/index.ts'
import { configWith } from '../../test/plugins/claude-task/settings.ts'
import { checkTask, type Place, type SandboxKind, TASK } from './place.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const COMMAND = {
  id: 'bench',
  type: 'claude_task',
  elevated: false,
  origin: 'local',
  requester: { user: null, role: null },
} as const

/** A task as dispatch has it done, again and again. */
export interface TaskRuns {
  /** Resolves to the ms that one took. */
  run(): Promise<number>
  close(): Promise<void>
}

export async function taskRuns({ root, configOf }: Place, sandbox: SandboxKind): Promise<TaskRuns> {
  const redactor = new Redactor()
  const runner = createRunner({ logger: SILENT, redactor })
  const host = createPluginHost({
    plugins: { claude_task: { enabled: true, config: configWith({ ...configOf(sandbox) }) } },
    given: { claude_task: plugin },
    shippedFolders: {},
    dataDir: path.join(root, `data-${sandbox}`),
    site: 'bench',
    configDir: root,
    ...{ runner, redactor, logger: SILENT, maxOutputBytes: 1_048_576 },
  })
  await host.ready
  return {
    async run() {
      const type = host.registry.find('claude_task')
      if ('failure' in type) throw new Error(type.failure.message)
      const startedAt = performance.now()
      const checked = await type.validate({ task: TASK })
      if ('failure' in checked) throw new Error(checked.failure.message)
      const result = await type.run({
        command: COMMAND,
        input: checked.input,
        timeoutSeconds: 300,
        signal: new AbortController().signal,
        progress: () => {},
      })
      const took = performance.now() - startedAt
      checkTask({ exitCode: result.exitCode, stderr: result.stderr, data: result.data }, sandbox)
      return took
    },
    async close() {
      await host.close()
      await runner.close()
    },
  }
}
