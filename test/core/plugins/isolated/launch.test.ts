import { test } from 'tap'
import { type LaunchOptions, launchOf, signalOf } from '../../../../core/plugins/isolated/launch.ts'

const permissions = { read: [], write: [], programs: [], network: false, environment: [] } as const
const options: LaunchOptions = {
  isolation: 'process',
  node: '/opt/node',
  nodeMajor: 26,
  entry: '/agent/plugin-process.js',
  agentFolders: ['/agent'],
  folder: '/plugin',
  dataDir: '/data',
  permissions,
  memoryMegabytes: 64,
  environment: { GIVEN: 'yes', OTHER: 'no', NODE_OPTIONS: '-r evil', LD_PRELOAD: 'evil' },
  marker: { MARK: '1' },
  dropsRights: false,
}

test('a plugin’s process may touch its folders, what is granted, and nothing else', async (t) => {
  const granted = { ...permissions, read: ['/logs'], write: ['/out'] }
  const { program, args, env } = launchOf({ ...options, permissions: granted })
  t.equal(program, '/opt/node')
  t.same(
    args.filter((arg) => arg.startsWith('--allow')),
    [
      ...['/agent', '/plugin', '/data', '/logs'].map((path) => `--allow-fs-read=${path}`),
      ...['/data', '/out'].map((path) => `--allow-fs-write=${path}`),
    ],
  )
  t.ok(args.includes('--permission'))
  t.ok(args.includes('--max-old-space-size=64'))
  t.same(env, { MARK: '1' })
})

test('the network is a flag from Node.js 26 on', async (t) => {
  const granted = { ...permissions, network: true }
  t.ok(launchOf({ ...options, permissions: granted }).args.includes('--allow-net'))
  t.notOk(launchOf({ ...options, permissions: granted, nodeMajor: 22 }).args.includes('--allow-net'))
})

test('a granted variable goes along, unless it decides what Node.js loads', async (t) => {
  const granted = { ...permissions, environment: ['GIVEN', 'NODE_OPTIONS', 'LD_PRELOAD', 'MISSING'] }
  t.same(launchOf({ ...options, permissions: granted }).env, { GIVEN: 'yes', MARK: '1' })
})

test('a sandbox mounts what the process may touch, and shares the network only where granted', async (t) => {
  const sandbox = { ...options, isolation: 'sandbox', node: process.execPath } as const
  const { program, args } = launchOf(sandbox)
  t.equal(program, 'bwrap')
  t.match(args.join(' '), /--unshare-all .*--ro-bind-try \/plugin \/plugin .*--bind-try \/data \/data .*-- /)
  t.notOk(args.includes('--share-net'))
  t.ok(launchOf({ ...sandbox, permissions: { ...permissions, network: true } }).args.includes('--share-net'))
  const asRoot = launchOf({ ...sandbox, dropsRights: true }).args
  t.ok(asRoot.includes('--unshare-net'))
  t.notOk(asRoot.includes('--unshare-all'), 'the plugin’s account would not exist in a new user namespace')
})

test('a signal is told from an exit code', async (t) => {
  t.equal(signalOf(134), 'SIGABRT')
  t.equal(signalOf(1), null)
  t.equal(signalOf(null), null)
})
