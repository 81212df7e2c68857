import t from 'tap'
import { readPlainStart } from '../../../core/cli/plain-start.ts'

t.test('start with its own options needs no more reading', async (t) => {
  t.same(readPlainStart(['start'])?.opts(), { grace: 30, set: {} })
  const argv = [
    'start',
    '--config',
    'a.json',
    '--set=log.level=debug',
    '--grace',
    '2.5',
    '--set',
    'server.url=ws://x/?a=b',
  ]
  const set = { 'log.level': 'debug', 'server.url': 'ws://x/?a=b' }
  t.same(readPlainStart(argv)?.optsWithGlobals(), { config: 'a.json', grace: 2.5, set })
})

t.test('anything else is left to the whole command line, mistakes too', async (t) => {
  const others = [
    '',
    'status',
    '--config a.json start',
    'start --help',
    'start -V',
    'start now',
    'start --grce 3',
    'start --grace soon',
    'start --set x',
    'start --config',
  ]
  for (const line of others) t.equal(readPlainStart(line.split(' ').filter(Boolean)), undefined, line)
})
