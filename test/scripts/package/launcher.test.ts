import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { directoryOutside } from '../../helpers/outside.ts'

const LAUNCHER = path.join(import.meta.dirname, '../../../scripts/package/files/gururmm-agent')

t.test(
  'the launcher finds its own runtime from anywhere and through links',
  { skip: process.platform === 'win32' },
  async (t) => {
    const root = directoryOutside(t, { 'the agent $1': { bin: {}, runtime: { bin: {} } }, links: {} })
    const home = path.join(root, 'the agent $1')
    cpSync(LAUNCHER, path.join(home, 'bin/gururmm-agent'))
    writeFileSync(path.join(home, 'runtime/bin/node'), '#!/bin/sh\nprintf "%s|" "$@"\nexit 7\n')
    for (const file of ['bin/gururmm-agent', 'runtime/bin/node']) chmodSync(path.join(home, file), 0o755)
    symlinkSync('../the agent $1/bin/gururmm-agent', path.join(root, 'links/relative'))
    symlinkSync(path.join(root, 'links/relative'), path.join(root, 'links/absolute'))
    const expected = `${home}/bin/gururmm-agent.js|run|shell|a "b" $c|`
    const args = ['run', 'shell', 'a "b" $c']
    const calls = [
      [home, './bin/gururmm-agent'],
      ['/', path.join(home, 'bin/gururmm-agent')],
      [root, 'links/relative'],
      ['/', path.join(root, 'links/absolute')],
      [path.join(home, 'bin'), 'gururmm-agent'],
    ] as const
    for (const [cwd, program] of calls) {
      const PATH = `${path.join(home, 'bin')}:/usr/bin:/bin`
      const { status, stdout } = spawnSync(program, args, { cwd, env: { PATH }, encoding: 'utf8' })
      t.equal(stdout, expected, `${program} in ${cwd}`)
      t.equal(status, 7)
    }
  },
)
