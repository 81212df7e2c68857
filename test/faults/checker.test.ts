import t from 'tap'
import { type History, isClean, judge, type Verdict } from './checker.ts'

function result(id: string, payload: object = {}): { id: string; text: string } {
  const whole = { command_id: id, exit_code: 0, stdout: '', stderr: '', duration_ms: 1, error: null, ...payload }
  return { id, text: JSON.stringify({ type: 'command_result', payload: whole }) }
}

const refused = { exit_code: -1, error: { code: 'LIMIT_QUEUE', message: 'full' } }

const GOOD: History = {
  commands: ['a', 'b', 'c'],
  results: [result('a'), result('b'), result('a'), result('c', refused)],
  acks: [
    { id: 'a', status: 'accepted' },
    { id: 'a', status: 'duplicate' },
  ],
  executions: ['b', 'a'],
  survivors: [],
}

const NONE: Verdict = {
  lost: [],
  doubled: [],
  conflicting: [],
  untrue: [],
  strange: [],
  unrecorded: [],
  leftOver: [],
}

t.test('a good history has nothing against it', async (t) => {
  t.strictSame(judge(GOOD), NONE)
  t.ok(isClean(judge(GOOD)))
  const failed = { ...GOOD, results: [...GOOD.results.slice(0, 3), result('c', { exit_code: 3 })] }
  t.ok(isClean(judge(failed)), 'a program may fail')
  const interrupted = result('c', { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED', message: '' } })
  t.ok(isClean(judge({ ...GOOD, results: [...GOOD.results.slice(0, 3), interrupted] })), 'before its first act')
  t.ok(isClean(judge({ ...GOOD, results: [...GOOD.results.slice(0, 3), interrupted], executions: ['a', 'b', 'c'] })))
})

const BAD: readonly (readonly [string, Partial<History>, Partial<Verdict>])[] = [
  ['a command without a result is lost', { commands: ['a', 'b', 'c', 'd'] }, { lost: ['d'] }],
  ['a command that ran twice is doubled', { executions: ['a', 'b', 'a'] }, { doubled: ['a'] }],
  [
    'a repeat that differs in anything conflicts',
    { results: [...GOOD.results, result('b', { duration_ms: 2 })] },
    { conflicting: ['b'] },
  ],
  [
    'a repeat that differs in spelling alone conflicts',
    { results: [...GOOD.results, { id: 'b', text: `${result('b').text} ` }] },
    { conflicting: ['b'] },
  ],
  [
    'a command that is accepted twice conflicts',
    { acks: [...GOOD.acks, { id: 'a', status: 'accepted' }] },
    { conflicting: ['a'] },
  ],
  ['success without a run is untrue', { executions: ['a'] }, { untrue: ['b'] }],
  ['a refusal of what ran is untrue', { executions: ['a', 'b', 'c'] }, { untrue: ['c'] }],
  ['a result of a command that nobody sent is strange', { commands: ['a', 'c'] }, { strange: ['b'] }],
  ['a run of a command that nobody sent is strange', { executions: ['a', 'b', 'z'] }, { strange: ['z'] }],
  ['a process that is left is told', { survivors: ['4711 sleep'] }, { leftOver: ['4711 sleep'] }],
  [
    'a command that the journal does not know, or knows otherwise, is unrecorded',
    {
      journal: new Map<string, object | null>([
        ['a', { ...JSON.parse(result('a').text).payload, stdout: 'other' }],
        ['b', JSON.parse(result('b').text).payload],
      ]),
    },
    { unrecorded: ['a', 'c'] },
  ],
]

for (const [title, change, expected] of BAD) {
  t.test(title, async (t) => {
    const verdict = judge({ ...GOOD, ...change })
    t.strictSame(verdict, { ...NONE, ...expected })
    t.notOk(isClean(verdict))
  })
}

t.test('a result that is no longer kept is recorded, and one that could not be is excused', async (t) => {
  const unavailable = { exit_code: -1, error: { code: 'JOURNAL_UNAVAILABLE', message: '' } }
  const results = [result('a'), result('b', unavailable)]
  const history = { ...GOOD, commands: ['a', 'b'], results, executions: ['a'], journal: new Map([['a', null]]) }
  t.strictSame(judge(history), NONE)
})
