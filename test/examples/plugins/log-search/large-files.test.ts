import { once } from 'node:events'
import { closeSync, createWriteStream, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { test } from 'tap'
import { scratchFolder, testExample } from '../example-plugins.ts'

const MEBIBYTE = 1_048_576

test('a large file is read in little memory', async (t) => {
  const folder = scratchFolder(t)
  const line = 'an ordinary line of a log that goes on for a while without what is looked for\n'
  const block = Buffer.from(line.repeat(Math.ceil(MEBIBYTE / line.length)))
  const file = openSync(join(folder, 'large.log'), 'w')
  for (let part = 0; part < 300; part++) writeFileSync(file, block)
  writeFileSync(file, 'the needle\n')
  closeSync(file)
  const plugin = await testExample(t, 'log-search', { config: { folders: [folder] } })
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss)
  }, 20)
  const result = await plugin.run('log_search', { pattern: 'needle', context_lines: 2 }, { timeoutSeconds: 300 })
  clearInterval(watch)
  t.match(result, { exitCode: 0, data: { matches: [{ text: 'the needle', byte: 300 * block.length }] } })
  t.ok(peak - before < 150 * MEBIBYTE, `${Math.round((peak - before) / MEBIBYTE)} MiB more`)
  t.ok(result.progress.length > 3)
})

test('a search ends when it is cancelled, in plain and in packed files', async (t) => {
  const folder = scratchFolder(t)
  // A hundred gigabytes that take no place, with a first line that is no binary
  const file = openSync(join(folder, 'endless.log'), 'w')
  writeFileSync(file, 'x'.repeat(70_000))
  ftruncateSync(file, 100_000 * MEBIBYTE)
  closeSync(file)
  const packed = createGzip()
  packed.pipe(createWriteStream(join(folder, 'packed.log.gz')))
  for (let part = 0; part < 100; part++) packed.write(`${'x'.repeat(999)}\n`.repeat(1000))
  packed.end()
  await once(packed, 'end')
  const plugin = await testExample(t, 'log-search', { config: { folders: [folder] } })
  for (const files of ['*.log', '*.gz']) {
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(), 100)
    const input = { pattern: 'needle(a|b)', mode: 'regex', files }
    const result = await plugin.run('log_search', input, { signal: cancel.signal, timeoutSeconds: 300 })
    t.match(result, { failure: { code: 'CANCELLED' } }, files)
  }
})
