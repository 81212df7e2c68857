import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { ask, describeStep, perform, type Step } from '../../../core/service/index.ts'

const node = (code: string): Step => ({ kind: 'call', program: process.execPath, args: ['-e', code] })

t.test('steps are done in their order, each told before', async (t) => {
  const folder = t.testdir({ old: 'x' })
  const at = (...names: string[]) => path.join(folder, ...names)
  const told: string[] = []
  const steps: readonly Step[] = [
    { kind: 'folder', path: at('a/b') },
    { kind: 'file', path: at('a/b/unit'), mode: 0o640, content: 'text' },
    { kind: 'copy', from: at('a/b/unit'), path: at('a/copy') },
    node(`require('fs').writeFileSync(${JSON.stringify(at('called'))}, 'yes')`),
    { kind: 'remove', path: at('old') },
    { kind: 'remove', path: at('never there') },
  ]
  await perform(steps, (step) => void told.push(step.kind))
  await perform(steps, () => {})
  t.same(told, ['folder', 'file', 'copy', 'call', 'remove', 'remove'])
  t.equal(await readFile(at('a/copy'), 'utf8'), 'text')
  t.equal(await readFile(at('called'), 'utf8'), 'yes')
  if (process.platform !== 'win32') t.equal((await stat(at('a/b/unit'))).mode & 0o777, 0o640)
  await t.rejects(stat(at('old')), { code: 'ENOENT' })
})

t.test('the first step that fails is the last, and is named with what it said', async (t) => {
  const folder = t.testdir({})
  const after: Step = { kind: 'folder', path: path.join(folder, 'after') }
  const failing = node("console.error('no such unit'); process.exit(5)")
  await t.rejects(
    perform([failing, after], () => {}),
    {
      code: 'SERVICE_STEP_FAILED',
      message: /exit code 5, no such unit/,
    },
  )
  await t.rejects(stat(after.path), { code: 'ENOENT' })
  await perform([{ ...failing, mayFail: true } as Step, after], () => {})
  t.ok((await stat(after.path)).isDirectory())
})

t.test('a program that is missing fails its step, and answers nothing', async (t) => {
  const missing: Step = { kind: 'call', program: path.join(t.testdir({}), 'none'), args: [] }
  await t.rejects(
    perform([missing], () => {}),
    { code: 'SERVICE_STEP_FAILED', message: /ENOENT/ },
  )
  t.same(await ask(missing.program, []), { code: 127, stdout: '' })
  t.match(await ask(process.execPath, ['-p', '1']), { code: 0, stdout: /1/ })
})

t.test('a step reads as a line that could be typed', async (t) => {
  t.equal(describeStep({ kind: 'call', program: 'icacls', args: ['C:\\a b', '(F)'] }), "icacls 'C:\\a b' '(F)'")
  t.equal(describeStep({ kind: 'file', path: '/etc/x', mode: 0o644, content: '' }), 'write /etc/x')
  t.equal(describeStep({ kind: 'remove', path: '/x' }), 'remove /x')
  t.equal(describeStep({ kind: 'folder', path: '/x' }), 'make folder /x')
  t.equal(describeStep({ kind: 'copy', from: '/x', path: '/y' }), 'copy /x to /y')
})

t.test('a file that cannot be written leaves no half of it', async (t) => {
  const folder = t.testdir({})
  await writeFile(path.join(folder, 'file'), '')
  const step: Step = { kind: 'file', path: path.join(folder, 'file/below'), mode: 0o644, content: 'x' }
  await t.rejects(
    perform([step], () => {}),
    { code: 'SERVICE_STEP_FAILED', message: /write .*below/ },
  )
})
