import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { extract } from 'tar'
import { pack } from '../../../scripts/package/archive.ts'
import { directoryOutside } from '../../helpers/outside.ts'

const TIME = new Date('2026-01-21T12:00:00Z')

for (const kind of ['tar.gz', 'zip']) {
  t.test(`the same files make the same ${kind}, whenever and in whatever order they were written`, async (t) => {
    const archives: Buffer[] = []
    for (const names of [
      ['b', 'a'],
      ['a', 'b'],
    ]) {
      const root = directoryOutside(t, {})
      const folder = path.join(root, 'agent-1')
      await mkdir(path.join(folder, 'bin'), { recursive: true })
      for (const name of names) await writeFile(path.join(folder, 'bin', name), `this is ${name}`)
      for (const name of names) await chmod(path.join(folder, 'bin', name), 0o755)
      await utimes(path.join(folder, 'bin/a'), new Date(), new Date(names.length))
      const file = path.join(root, `agent.${kind}`)
      await pack(folder, file, TIME)
      archives.push(await readFile(file))
    }
    t.ok(archives[0]?.equals(archives[1] as Buffer))
  })
}

t.test('both kinds keep what may be executed', { skip: process.platform === 'win32' }, async (t) => {
  const root = directoryOutside(t, { agent: { bin: { run: '#!/bin/sh\n' }, text: 'x' }, out: {} })
  await chmod(path.join(root, 'agent/bin/run'), 0o755)
  await chmod(path.join(root, 'agent/text'), 0o644)
  await pack(path.join(root, 'agent'), path.join(root, 'agent.tar.gz'), TIME)
  await extract({ file: path.join(root, 'agent.tar.gz'), cwd: path.join(root, 'out') })
  t.equal((await stat(path.join(root, 'out/agent/bin/run'))).mode & 0o777, 0o755)
  t.equal((await stat(path.join(root, 'out/agent/text'))).mode & 0o777, 0o644)
  t.same((await stat(path.join(root, 'out/agent/text'))).mtime, TIME)
  await pack(path.join(root, 'agent'), path.join(root, 'agent.zip'), TIME)
  const { stdout } = await promisify(execFile)('unzip', ['-Z', path.join(root, 'agent.zip')])
  t.match(stdout, /^-rwxr-xr-x.*agent\/bin\/run$/m)
})
