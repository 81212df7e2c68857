import t from 'tap'
import { programOf, ruleFor } from '../helpers/docs/rules.ts'
import { stepsOf } from '../helpers/docs/steps.ts'

function commandsIn(...lines: string[]): readonly string[] {
  return stepsOf(lines.join('\n')).map((step) => (step.kind === 'command' ? step.command : step.name))
}

t.test('each command of a shell block is a step, comments and empty lines are none', async (t) => {
  t.strictSame(commandsIn('text', '```sh', '# first', 'npm ci', '', 'npm test', '```', 'npm start'), [
    'npm ci',
    'npm test',
  ])
})

t.test('a command ends where the shell would run it', async (t) => {
  t.strictSame(
    commandsIn(
      '```bash',
      'a \\',
      '  b',
      "cat > x <<'END'",
      '{ "a": 1 }',
      'END',
      'for i in 1 2; do',
      '  c',
      'done',
      '```',
    ),
    ['a \\\n  b', 'cat > x <<\'END\'\n{ "a": 1 }\nEND', 'for i in 1 2; do\n  c\ndone'],
  )
})

t.test('of a session only what was typed is a step', async (t) => {
  t.strictSame(commandsIn('```console', '$ a \\', '  b', 'output', '$ c', '```'), ['a \\\n  b', 'c'])
})

t.test('a block named after a file is that file', async (t) => {
  t.strictSame(stepsOf('```json agent.config.json\n{}\n```\n'), [
    { kind: 'file', line: 2, name: 'agent.config.json', content: '{}\n' },
  ])
})

t.test('other blocks are nothing to do', async (t) => {
  t.strictSame(commandsIn('```', 'npm test', '```', '```ts', 'npm', '```', '````md', '```sh', 'npm', '```', '````'), [])
})

t.test('steps know their line', async (t) => {
  t.strictSame(stepsOf('a\n```sh\n# b\nc\n```\n'), [{ kind: 'command', line: 4, command: 'c' }])
})

t.test('a block or a command without an end is an error', async (t) => {
  t.throws(() => stepsOf('```sh\nnpm ci\n'))
  t.throws(() => stepsOf('```sh\nif true\n```\n'))
})

t.test('a program that may change the machine needs a rule', async (t) => {
  t.equal(ruleFor('gururmm-agent status'), null)
  t.match(ruleFor('npm test'), { notRun: /./ })
  t.throws(() => ruleFor('mkfs /dev/sda'), /mkfs/)
  t.equal(programOf('sudo A=1 B="x y" node x.js'), 'node')
})
