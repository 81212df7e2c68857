import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { Redactor } from '../../../core/redaction/index.ts'
import { createRunner } from '../../../core/runner/index.ts'
import plugin from '../../../plugins/claude-task/index.ts'
import { makeScratch, sweepScratch } from '../../../plugins/claude-task/scratch.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { hostOfPlugin, runOn } from '../../helpers/plugin-host.ts'
import { standIn } from './task.ts'

const NOBODY = 65_534
const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can run programs as somebody else' }

/** A folder that other accounts may enter; what t.testdir makes may lie where they may not. */
function openFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'gururmm-account-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

t.test('under another account the CLI has folders of its own, which go with the task', asRoot, async (t) => {
  const root = openFolder(t)
  const base = join(root, 'base')
  mkdirSync(base)
  writeFileSync(join(root, 'key'), 'sk-test-0123456789', { mode: 0o600 })
  const redactor = new Redactor()
  const runner = createRunner({ logger: bufferLogger(), redactor, runAs: { uid: NOBODY, gid: NOBODY } })
  t.teardown(() => runner.close())
  const config = { cliPath: standIn(root), apiKeyFile: join(root, 'key'), security: { baseDirectories: [base] } }
  const host = hostOfPlugin(t, plugin, { config }, { runner, redactor })
  const result = await runOn(host, 'claude_task', { task: 'tell' })
  t.match(result, { exitCode: 0 }, result.stderr)
  const { env, uid, canWrite } = JSON.parse(result.stdout)
  t.equal(uid, NOBODY)
  t.equal(canWrite, true, 'its home is its own')
  t.notOk(env.HOME.startsWith(host.dataDir))
  t.notOk(existsSync(dirname(env.HOME)))
})

t.test('nobody else may enter those folders, nor does a sweep take living ones', asRoot, async (t) => {
  const dataDir = openFolder(t)
  const scratch = await makeScratch(dataDir, { uid: NOBODY })
  await scratch.writeSettings({})
  t.teardown(() => scratch.remove())
  const root = dirname(scratch.home)
  t.match(statSync(root), { uid: 0, mode: 0o40711 })
  for (const folder of [scratch.home, scratch.config, scratch.temp])
    t.match(statSync(folder), { uid: NOBODY, mode: 0o40700 })
  t.match(statSync(scratch.settingsFile), { uid: 0, mode: 0o100644 })
  const left = join('/tmp', 'gururmm-claude-4194304-11111111-abc')
  mkdirSync(left)
  await sweepScratch(dataDir)
  t.ok(existsSync(root))
  t.notOk(existsSync(left))
})
