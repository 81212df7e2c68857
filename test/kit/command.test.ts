import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { agentFolder, cli } from '../core/cli/cli.ts'

// Every check starts processes, and the machine may have much else to do
t.setTimeout(600_000)

t.test('plugin test runs the author’s tests, then the kit, and ends with 1 where either fails', async (t) => {
  const folder = agentFolder(t)
  await cli(folder, ['plugin', 'new', 'acme', '--language', 'javascript'])
  const good = await cli(folder, ['plugin', 'test', 'acme'])
  t.equal(good.code, 0)
  t.match(good.stdout, /pass 3/)
  t.match(good.stdout, /^ {2}✓ cancel at once: ended with COMMAND_CANCELLED$/m)
  t.match(good.stdout, /^(\d+) of \1 checks passed\.$/m)

  const code = path.join(folder, 'acme/index.js')
  writeFileSync(
    code,
    readFileSync(code, 'utf8').replace(
      'if (exitCode !== 0',
      "if (exitCode === 1) throw new Error('unforeseen')\n        if (exitCode !== 0",
    ),
  )
  const bad = await cli(folder, ['plugin', 'test', 'acme', '--json', '--no-own'])
  t.equal(bad.code, 1)
  const { ok, tests, findings } = JSON.parse(bad.stdout)
  t.match({ ok, tests }, { ok: false, tests: null })
  const [failed, ...more] = findings.filter(({ level }: { level: string }) => level === 'failed')
  t.match(failed, { group: 'acme', name: 'a program ends with an error', message: /unforeseen, at index\.js:52/ })
  t.strictSame(more, [])

  const test = path.join(folder, 'acme/index.test.js')
  writeFileSync(
    test,
    readFileSync(test, 'utf8').replace("'Acme Inc.')\n  assert.equal(typeof", "'Another')\n  assert.equal(typeof"),
  )
  writeFileSync(code, readFileSync(code, 'utf8').replace(/if \(exitCode === 1\).*\n/, ''))
  t.match(await cli(folder, ['plugin', 'test', 'acme']), { code: 1, stdout: /Its own tests failed\.\n$/ })
})
