import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findProgram } from '../../../bench/peers/find.ts'
import { taskTest } from './task.ts'

t.test('doctor hears that all is well', async (t) => {
  const { kit } = await taskTest(t)
  t.match(await kit.check(), [
    { name: 'cli', ok: true, message: /2\.1\.330/ },
    { name: 'api key', ok: true },
    { name: 'base directory', ok: true, message: /read-write/ },
    { name: 'sandbox', ok: true, message: /No profile/ },
  ])
})

t.test('doctor hears of each thing that would refuse every task', async (t) => {
  const { kit, base } = await taskTest(t, {
    cliPath: '/nowhere/claude',
    config: { apiKeyFile: null },
    security: { roles: { admin: 'operate' } },
  })
  rmSync(base, { recursive: true })
  const checks = await kit.check()
  t.match(checks.slice(0, 3), [
    { name: 'cli', ok: false, message: /npm install/ },
    { name: 'api key', ok: false, message: /apiKeyFile/ },
    { name: 'base directory', ok: false },
  ])
  t.match(checks[3], { name: 'sandbox' })
})

t.test('doctor names an old CLI and a missing base', async (t) => {
  const { kit } = await taskTest(t, {
    version: '2.1.258 (Claude Code)',
    security: { baseDirectories: [] },
  })
  t.match(await kit.check(), [
    { ok: false, message: /2\.1\.259/ },
    { ok: true },
    { name: 'base directory', ok: false, message: /baseDirectories/ },
    { name: 'sandbox' },
  ])
})

t.test('a key that others can read is reported', async (t) => {
  const { kit, root } = await taskTest(t)
  chmodSync(join(root, 'key'), 0o644)
  const [, key] = await kit.check()
  t.match(key, { ok: false, message: /chmod 600/ })
})

t.test(
  'doctor says what tasks run in that may reach hosts, and what they lack',
  {
    skip: process.platform === 'linux' ? false : 'Linux alone has the sandbox',
  },
  async (t) => {
    const { kit, root } = await taskTest(t, {
      cliPath: '/bin/true',
      profile: 'operate',
      security: { profiles: { operate: { networkHosts: ['example.com'] } } },
    })
    const { PATH } = process.env
    const bubblewrap = findProgram('bwrap')
    t.teardown(() => {
      process.env.PATH = PATH
    })
    process.env.PATH = join(root, 'bin')
    mkdirSync(process.env.PATH)
    if (bubblewrap === undefined) return t.match((await kit.check()).at(-1), { ok: false, message: /no bubblewrap/ })
    symlinkSync(bubblewrap, join(root, 'bin', 'bwrap'))
    const [lacking] = (await kit.check()).slice(-1)
    t.match(lacking, { name: 'sandbox', ok: false })
    // A machine may let nobody make namespaces.
    if (!/socat/.test(lacking?.message ?? ''))
      return t.match(lacking, { message: /namespaces|bubblewrap does not work/ })
    writeFileSync(join(root, 'bin', 'socat'), '#!/bin/sh\n', { mode: 0o755 })
    t.match((await kit.check()).at(-1), { ok: true, message: /networkHosts only commands are in a sandbox/ })
  },
)
