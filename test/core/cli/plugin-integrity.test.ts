import { appendFileSync, cpSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { fixtureFolders } from '../../helpers/plugin-host.ts'
import { agentFolder, cli } from './cli.ts'

t.test('plugin pin writes the digest into the config, and verify says whether it holds', async (t) => {
  const folder = agentFolder(t, { plugins: { shell: {}, good: { use: './good' } } })
  cpSync(fixtureFolders.good as string, path.join(folder, 'good'), { recursive: true })
  t.match(await cli(folder, ['plugin', 'verify', 'good']), { code: 1, stdout: /good: not pinned/ })
  t.match(await cli(folder, ['plugin', 'verify']), { code: 0, stdout: /^– shell: not pinned/ })

  t.match(await cli(folder, ['plugin', 'pin', 'good']), { code: 0, stdout: /^good is pinned to sha256-\w{64} \(/ })
  const { plugins } = JSON.parse(readFileSync(path.join(folder, 'agent.config.json'), 'utf8'))
  t.match(plugins, { good: { use: './good', integrity: /^sha256-/ } })
  t.match(await cli(folder, ['plugin', 'verify', 'good']), { code: 0, stdout: /^✓ good: as pinned/ })

  appendFileSync(path.join(folder, 'good', 'index.js'), ' ')
  t.match(await cli(folder, ['plugin', 'verify']), { code: 1, stdout: /✗ good: changed: pinned is/ })
  const { code, stdout } = await cli(folder, ['plugin', 'verify', '--json'])
  t.equal(code, 1)
  t.match(JSON.parse(stdout), [
    { name: 'shell', ok: true, pinned: null },
    { name: 'good', ok: false, pinned: plugins.good.integrity, found: /^sha256-/ },
  ])
  t.match(await cli(folder, ['run', 'good', 'x']), { code: 255, stderr: /not those that were pinned/ })
  t.match(await cli(folder, ['run', 'shell', 'true']), { code: 0 })
  t.match(await cli(folder, ['plugin', 'pin', 'godd']), { code: 64, stderr: /did you mean good/ })
})
