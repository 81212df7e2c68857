import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Redactor } from '../../core/redaction/index.ts'
import { createRunner } from '../../core/runner/index.ts'
import plugin from '../../plugins/claude-task/index.ts'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import { startFakeAnthropic } from '../helpers/fake-anthropic/server.ts'
import { bufferLogger } from '../helpers/logger.ts'
import { directoryOutside } from '../helpers/outside.ts'
import { hostOfPlugin, runOn } from '../helpers/plugin-host.ts'

const NOBODY = 65_534
const KEY = 'sk-test-0123456789'
const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root gives programs to another account' }

t.test('under another account the CLI has its sandbox too, and the broker is there for it alone', asRoot, async (t) => {
  const root = directoryOutside(t, { base: {} })
  chmodSync(root, 0o755)
  const base = join(root, 'base')
  chownSync(base, NOBODY, NOBODY)
  const keyFile = join(root, 'key')
  writeFileSync(keyFile, KEY, { mode: 0o600 })
  const command = 'id -u; touch made.txt; env'
  const steps = [{ calls: [{ name: 'Bash', input: { command, description: 'x' } }] }, { text: 'tried' }]
  const fake = await startFakeAnthropic({ scenarios: { bash: steps } })
  t.teardown(() => fake.close())
  const redactor = new Redactor()
  const runner = createRunner({ logger: bufferLogger(), redactor, runAs: { uid: NOBODY, gid: NOBODY } })
  t.teardown(() => runner.close())
  const config = {
    cliPath: await ensureClaudeCli(),
    apiKeyFile: keyFile,
    environment: { ANTHROPIC_BASE_URL: fake.url },
    security: { baseDirectories: [{ path: base, access: 'read-write' }], defaultProfile: 'operate' },
  }
  const host = hostOfPlugin(t, plugin, { config }, { runner, redactor })
  const result = await runOn(host, 'claude_task', { task: 'fake-scenario:bash' })
  t.match(result, { exitCode: 0, stdout: 'tried', data: { layers: { sandbox: 'bubblewrap' } } }, result.stderr)
  t.equal(statSync(join(base, 'made.txt')).uid, NOBODY)
  t.equal(fake.requests[0]?.key, KEY)
  t.notMatch(fake.requests.map(({ raw }) => raw).join(), KEY)
})
