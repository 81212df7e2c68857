import { spawnSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { unchangedFilePages } from '../../../core/native/program-pages.ts'

const MODULE = path.join(import.meta.dirname, '../../../core/native/program-pages.ts')

/** As the kernel writes it, shortened. */
function mapping(head: string, anonymousKb: number): string {
  return `${head}\nSize:               1000 kB\nRss:                 800 kB\nPrivate_Dirty:         0 kB\nAnonymous:           ${anonymousKb} kB\nVmFlags: rd mr mw me\n`
}

t.test('only read-only pages of files that are still as the file has them are let go', async (t) => {
  const smaps = [
    mapping('00400000-0082e000 r--p 00000000 fe:00 5580045                            /opt/a b/node', 0),
    mapping('0082e000-03489000 r-xp 0042e000 fe:00 5580045                            /opt/a b/node', 0),
    // Relocated, then made read-only.
    mapping('072a7000-072b7000 r--p 06ea6000 fe:00 5580045                            /opt/a b/node', 24),
    mapping('072b7000-072e3000 rw-p 06eb6000 fe:00 5580045                            /opt/a b/node', 0),
    mapping('20000000-20100000 r--p 00000000 00:00 0 ', 0),
    mapping('20200000-20300000 r--s 00000000 fe:00 42                                 /var/lib/agent/journal-shm', 0),
    mapping('7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]', 0),
    mapping('7fbe53dc0000-7fbe53fd5000 r-xp 01627000 fe:00 5580045                    /opt/a b/node', 0),
  ].join('')
  t.same(unchangedFilePages(smaps), [
    { address: 0x400000n, bytes: 0x42e000 },
    { address: 0x82e000n, bytes: 0x2c5b000 },
    { address: 0x7fbe53dc0000n, bytes: 0x215000 },
  ])
})

t.test('a process that has let go is smaller, and works as before', async (t) => {
  const script = `
    import { spawnSync } from 'node:child_process'
    import { createHash } from 'node:crypto'
    import { releaseProgramPages } from ${JSON.stringify(MODULE)}
    const work = () => [
      createHash('sha256').update('x').digest('hex'),
      new Intl.DateTimeFormat('de', { dateStyle: 'full', timeZone: 'UTC' }).format(0),
      spawnSync(process.execPath, ['--print', '1 + 1'], { encoding: 'utf8' }).stdout,
    ].join()
    const before = work()
    const held = process.memoryUsage.rss()
    releaseProgramPages()
    const kept = process.memoryUsage.rss()
    console.log(JSON.stringify({ isSame: work() === before, letGoMiB: (held - kept) / 2 ** 20 }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  t.equal(stderr, '')
  const { isSame, letGoMiB } = JSON.parse(stdout)
  t.equal(isSame, true)
  t.ok(letGoMiB > 15, `${letGoMiB} MiB`)
})

t.test('where it cannot look, nothing happens', { skip: process.platform === 'win32' }, async (t) => {
  const script = `
    import { openSync } from 'node:fs'
    import { releaseProgramPages } from ${JSON.stringify(MODULE)}
    // What it needs is loaded by then; only what it looks at can't be opened.
    releaseProgramPages()
    try {
      for (;;) openSync('/dev/null')
    } catch {}
    releaseProgramPages()
    console.log('still there')`
  const line = 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"'
  const { stdout } = spawnSync('/bin/sh', ['-c', line, process.execPath, script], { encoding: 'utf8' })
  t.equal(stdout, 'still there\n')
})
