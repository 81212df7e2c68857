/**
 * The code of `@gururmm/plugin-sdk/testing`; its types, and what is promised, stand in the SDK. It is bundled into the SDK, which
 * may not import the agent.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assertPlugin, type Plugin } from '@gururmm/plugin-sdk'
import type { PluginTest, TestExplanation, TestLogLine, TestPluginOptions } from '@gururmm/plugin-sdk/testing'
import { createApprovals } from '../approvals/index.ts'
import { askPlugin, createPluginHost, type PluginHost, type PluginSettings } from '../plugins/index.ts'
import { Redactor } from '../redaction/index.ts'
import { createRunner, type Runner } from '../runner/index.ts'
import { collectingLogger } from './collecting-logger.ts'
import { createDispatcher, dispatchCommand } from './dispatch-command.ts'

/** As the SDK declares it. */
export async function testPlugin(plugin: Plugin, options: TestPluginOptions = {}): Promise<PluginTest> {
  assertPlugin(plugin)
  const { name } = plugin
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'gururmm-plugin-test-')))
  const log: TestLogLine[] = []
  const redactor = new Redactor()
  const logger = collectingLogger(log, redactor)
  const runner = createRunner({ logger, redactor })
  const approvals = createApprovals(() => null)
  const host = createPluginHost({
    plugins: { [name]: settingsOf(options.config ?? {}, options) },
    given: { [name]: plugin },
    shippedFolders: {},
    dataDir,
    site: options.site ?? 'test',
    configDir: options.configDir ?? process.cwd(),
    runner,
    redactor,
    logger,
    approvals,
    maxOutputBytes: options.maxOutputBytes ?? 1_048_576,
    // A plugin's own tests are to fail on a promise that nobody waits for
    catchStrayRejections: false,
  })
  const dispatcher = createDispatcher(host.registry, logger)
  const close = () => closeAll(host, runner, options.dataDir === undefined ? dataDir : null)
  try {
    await host.ready
    requireGood(host)
  } catch (error) {
    await close()
    throw error
  }
  return {
    dataDir: join(dataDir, 'plugins', name),
    log,
    run: (type, input, runOptions) => dispatchCommand({ dispatcher, approvals }, type, input, runOptions),
    explain: (type, input, asked) => explainCommand(host, type, input, asked),
    check: () => host.check(name),
    async reconfigure(config) {
      await host.reconfigure(name, settingsOf(config, options))
      requireGood(host)
    },
    close,
  }
}

async function explainCommand(
  host: PluginHost,
  type: string,
  input: unknown,
  { elevated = false, requester = { user: null, role: null } }: Parameters<PluginTest['explain']>[2] = {},
): Promise<TestExplanation> {
  const found = host.registry.find(type)
  if ('failure' in found) return { verdicts: [], failure: found.failure }
  const checked = await found.validate(input)
  if ('failure' in checked) return { verdicts: [], failure: checked.failure }
  return askPlugin(found, checked.input, { elevated, requester })
}

function settingsOf(config: object, { grants }: TestPluginOptions): PluginSettings {
  return { enabled: true, config, ...(grants === undefined ? {} : { permissions: grants }) }
}

/** Throws what the agent would show of a plugin that it can't use. */
function requireGood(host: PluginHost): void {
  const [status] = host.list()
  if (status === undefined || status.reason === null) return
  throw Object.assign(new Error(status.reason), { code: status.code })
}

async function closeAll(host: PluginHost, runner: Runner, scratch: string | null): Promise<void> {
  await host.close()
  await runner.close()
  if (scratch !== null) await rm(scratch, { recursive: true, force: true })
}
