import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { agentFolder, cli } from './cli.ts'

/** What these tests say in `sh`. */
const POSIX = process.platform === 'win32' ? 'the command lines are those of sh' : false

t.test('the flags are those of the type’s schema, and its help shows them', { skip: POSIX }, async (t) => {
  const folder = agentFolder(t)
  const { code, stdout } = await cli(folder, ['run', 'script', '--help'])
  t.equal(code, 0)
  t.match(stdout, /--body <text> .*\(required\)/)
  t.match(stdout, /--arguments <text> .*\n?.*\(may be repeated\)/)
  const end = await cli(folder, [
    'run',
    'script',
    '--body',
    'echo "$1-$2"',
    '--arguments',
    'a b',
    '--arguments',
    '--c',
    '--interpreter',
    'sh',
  ])
  t.same(end, { code: 0, stdout: 'a b---c\n', stderr: '' })
  t.match(await cli(folder, ['run', 'script', '--boddy', 'x']), { code: 64, stderr: /--body/ })
  t.match(await cli(folder, ['run', 'shell', 'echo', 'two words']), { code: 64 })
})

t.test('the text fills the only property that a type requires', { skip: POSIX }, async (t) => {
  const folder = agentFolder(t)
  t.match(await cli(folder, ['run', 'script', 'echo "$1"', '--arguments', 'a']), { code: 0, stdout: 'a\n' })
  const twice = await cli(folder, ['run', 'script', 'echo a', '--body', 'echo b'])
  t.match(twice, { code: 64, stderr: /body is given twice/ })
})

t.test('the input can come from a file or standard input; text and flags go before it', { skip: POSIX }, async (t) => {
  const folder = agentFolder(t)
  const file = path.join(folder, 'input.json')
  await writeFile(file, JSON.stringify({ body: 'echo "$1"', arguments: ['from-file'] }))
  t.match(await cli(folder, ['run', '--input', file, 'script']), { code: 0, stdout: 'from-file\n' })
  t.match(await cli(folder, ['run', '--input', file, 'script', '--arguments', 'flag']), { stdout: 'flag\n' })
  const stdin = JSON.stringify({ command: 'echo from-stdin' })
  t.match(await cli(folder, ['run', '--input', '-', 'shell'], { stdin }), { stdout: 'from-stdin\n' })
  t.match(await cli(folder, ['run', '--input', '-', 'shell', 'echo text'], { stdin }), { stdout: 'text\n' })
  t.match(await cli(folder, ['run', '--input', '-', 'shell'], { stdin: '[]' }), { code: 64, stderr: /object/ })
  t.match(await cli(folder, ['run', '--input', '-', 'shell'], { stdin: '{' }), { code: 64, stderr: /JSON/ })
  t.match(await cli(folder, ['run', '--input', 'missing.json', 'shell']), { code: 64, stderr: /missing\.json/ })
})
