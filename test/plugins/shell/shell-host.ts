import type { Test } from 'tap'
import { Redactor } from '../../../core/redaction/index.ts'
import { createRunner, type RunnerOptions } from '../../../core/runner/index.ts'
import plugin from '../../../plugins/shell/index.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { hostOfPlugin, type RunOptions, runOn, type TestHost } from '../../helpers/plugin-host.ts'

/** The plugin in a host with a real runner; closed with the test. */
export async function shellHost(
  t: Test,
  config: object = {},
  runnerOptions: Partial<RunnerOptions> = {},
): Promise<TestHost & { run(type: string, input: unknown, options?: RunOptions): ReturnType<typeof runOn> }> {
  const runner = createRunner({ logger: bufferLogger(), redactor: new Redactor(), ...runnerOptions })
  t.teardown(() => runner.close())
  const host = hostOfPlugin(t, plugin, { config }, { runner })
  await host.ready
  return { ...host, run: (type, input, options) => runOn(host, type, input, options) }
}
