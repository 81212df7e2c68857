import t from 'tap'
import { baseEnvironment, mergeEnvironments } from '../../../core/runner/environment.ts'

const AGENT = {
  PATH: '/agent/bin',
  HOME: '/root',
  GURURMM_TOKEN: 'secret',
  LD_PRELOAD: 'x',
  TZ: 'UTC',
  TMPDIR: '/t',
  LANG: '',
}

t.test('little of the agent’s environment is passed on, and never what is not listed', async (t) => {
  const environment = baseEnvironment({ uid: 5, gid: 5, user: 'worker', home: '/home/worker' }, AGENT, 'linux')
  t.same(environment, {
    PATH: '/agent/bin',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    HOME: '/home/worker',
    USER: 'worker',
    LOGNAME: 'worker',
    SHELL: '/bin/sh',
  })
})

t.test('an agent that has nothing itself gives its programs what they need', async (t) => {
  t.match(baseEnvironment({ uid: 5, gid: 5 }, {}, 'linux'), {
    PATH: /\/usr\/bin/,
    LANG: 'C.UTF-8',
    HOME: '/',
    USER: undefined,
  })
  t.match(baseEnvironment(null, AGENT, 'linux'), { TMPDIR: '/t', HOME: /^\//, SHELL: '/bin/sh' })
})

t.test('on Windows it is what Windows needs, whatever its spelling', async (t) => {
  const source = { Path: 'C:\\bin', SYSTEMROOT: 'C:\\Windows', TEMP: 'C:\\t', Secret: 'x', HOME: 'y' }
  t.same(baseEnvironment(null, source, 'win32'), { Path: 'C:\\bin', SYSTEMROOT: 'C:\\Windows', TEMP: 'C:\\t' })
})

t.test('later layers win; on Windows names differ by more than case only', async (t) => {
  t.same(mergeEnvironments([{ A: '1', b: '2' }, undefined, { B: '3', A: '4' }], 'linux'), { A: '4', b: '2', B: '3' })
  t.same(mergeEnvironments([{ Path: '1', b: '2' }, { PATH: '3' }], 'win32'), { PATH: '3', b: '2' })
})
