import type { Test } from 'tap'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import type { Scenarios } from '../helpers/fake-anthropic/scenarios.ts'
import { startFakeAnthropic } from '../helpers/fake-anthropic/server.ts'
import { type TaskTestOptions, taskTest } from '../plugins/claude-task/task.ts'

/** Stands for the working directory in a scenario. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the stand-in fills it in
export const CWD = '${cwd}'

export interface RealTestOptions extends TaskTestOptions {
  /** What the "model" does, by the name in a task's `fake-scenario:NAME`. */
  readonly scenarios?: Scenarios
}

/** {@link taskTest} with the real CLI, which talks to a stand-in for the API on loopback. */
export async function realTest(t: Test, { scenarios = {}, ...options }: RealTestOptions = {}) {
  const cliPath = await ensureClaudeCli({ say: (line) => t.comment(line) })
  const fake = await startFakeAnthropic({ scenarios })
  t.teardown(() => fake.close())
  const environment = { ANTHROPIC_BASE_URL: fake.url, ...options.environment }
  const task = await taskTest(t, { cliPath, ...options, environment })
  return { ...task, fake, cliPath, sent: () => fake.requests.map(({ raw }) => raw).join('\n') }
}
