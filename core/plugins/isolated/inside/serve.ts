import { setPriority } from 'node:os'
import type { Duplex } from 'node:stream'
import type { Check, Manifest, ObjectSchema } from '@gururmm/plugin-sdk'
import { Redactor } from '../../../redaction/index.ts'
import type { HostedPlugin } from '../../hosted-plugin.ts'
import { hostCode, importPlugin } from '../../in-process.ts'
import { provideSdk } from '../../provide-sdk.ts'
import { checkConfig } from '../../settings.ts'
import { catchStrayRejections } from '../../stray-rejections.ts'
import { connectPeer, type Peer, violation } from '../peer.ts'
import type { Account, OpenMessage } from '../start.ts'
import { type Commands, createCommands, type HandlerAnswer } from './commands.ts'
import { remoteLogger } from './remote-logger.ts'

/** Of the processes of a machine that is short of time, plugins come after the agent. */
const PRIORITY = 10

type Code = Omit<HostedPlugin, 'run'> & { run(execution: Parameters<HostedPlugin['run']>[0]): Promise<HandlerAnswer> }
type Body = Readonly<Record<string, unknown>>

/** Serves the host on a line to it, until that is closed. */
export function serve(stream: Duplex): void {
  const exit = process.exit.bind(process)
  let opened: { readonly code: Code; readonly message: OpenMessage } | undefined

  const calls: Record<string, (body: Body) => Promise<unknown>> = {
    async open(body) {
      const message = body as unknown as OpenMessage
      const code = await openPlugin(message, peer, commands)
      opened = { code, message }
      return code.declared
    },
    async setUp({ config }) {
      const { code, message } = requireOpen()
      const { name, configSchema } = code.declared
      const checked = checkConfig(name, configSchema as ObjectSchema, config as object, message.configDir)
      // What it may touch is enforced around this process, not in it
      const permissions = { read: [], write: [], programs: [], network: false, environment: [] }
      await code.setUp({ config: checked, permissions, settings: { enabled: true, config: {} }, startNow: true })
    },
    validate: ({ type, input }) => requireOpen().code.validate(type as string, input),
    run: (body) => commands.run(body, (execution) => requireOpen().code.run(execution)),
    check: (): Promise<readonly Check[]> => requireOpen().code.check(),
    tearDown: () => requireOpen().code.stop(),
    async ping() {},
  }
  const requireOpen = () => {
    if (opened === undefined) throw violation('it was asked for something before `open`')
    return opened
  }
  const peer: Peer = connectPeer(stream, {
    strangers: false,
    onCall: async (action, body) => calls[action]?.(body),
    onNote: (action, body) => commands.note(action, body),
    onClosed: () => exit(0),
  })
  const commands = createCommands(peer)
}

async function openPlugin(message: OpenMessage, peer: Peer, commands: Commands): Promise<Code> {
  const { manifest, folder, sdkUrl, dataDir, site, hookTimeoutSeconds, account } = message
  const logger = remoteLogger(peer)
  catchStrayRejections(logger)
  if (sdkUrl !== null) {
    provideSdk(sdkUrl)
    // Read now: the account below may not be able to
    await import(sdkUrl)
  }
  lowerPriority()
  if (account !== null) dropRights(account)
  process.chdir(dataDir)
  for (const name of message.hidden) delete process.env[name]
  const plugin = await importPlugin(manifest as Manifest, folder)
  const parts = {
    plugin: manifest.name,
    site,
    dataDir,
    logger,
    // The host masks all that comes from here, and knows the secrets
    redactor: new Redactor(),
    readSecret: async (key: string) => (await peer.call('secret', { key })) as string,
    hookTimeoutSeconds,
  }
  return hostCode(plugin, manifest, parts, commands.executeWith(parts))
}

function lowerPriority(): void {
  try {
    setPriority(PRIORITY)
  } catch {
    // Some containers do not allow it; the plugin is then as important as the agent
  }
}

/**
 * In this process rather than by who starts it: so the account need not be able to read the runtime and the agent's own files, which often
 * lie in root's home.
 */
function dropRights({ uid, gid }: Account): void {
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
}
