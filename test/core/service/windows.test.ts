import t from 'tap'
import type { ServiceRequest } from '../../../core/service/index.ts'
import { createWindowsManager } from '../../../core/service/windows.ts'
import { callsOf, fileOf } from './requests.ts'

const PACKAGE = 'C:\\Program Files\\GuruRMM'
const DATA = 'C:\\ProgramData\\GuruRMM'
const SYSTEM = 'C:\\Windows\\System32'
const REQUEST: ServiceRequest = {
  command: [`${PACKAGE}\\runtime\\node.exe`, `${PACKAGE}\\bin\\gururmm-agent.js`],
  args: ['start', '--config', `${DATA}\\agent.config.json`],
  dataDir: `${DATA}\\data`,
  logFile: null,
  secretFiles: [`${DATA}\\token`],
  user: null,
  writable: [],
  start: true,
}
const manager = createWindowsManager({ wrapper: `${PACKAGE}\\service\\winsw.exe`, programData: 'C:\\ProgramData' })
const ONLY = '/inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F'

t.test(
  'an installation closes its folders before anything lies in them, and then hands WinSW to Windows',
  async (t) => {
    const steps = manager.install(REQUEST)
    t.same(callsOf(steps), [
      `${SYSTEM}\\icacls.exe ${DATA}\\data ${ONLY}`,
      `${SYSTEM}\\icacls.exe ${DATA}\\service ${ONLY}`,
      `${SYSTEM}\\icacls.exe ${DATA}\\logs ${ONLY}`,
      `${SYSTEM}\\net.exe stop gururmm-agent`,
      `${DATA}\\service\\gururmm-agent.exe uninstall`,
      `${DATA}\\service\\gururmm-agent.exe install`,
      `${SYSTEM}\\net.exe start gururmm-agent`,
    ])
    t.same(
      steps.filter(({ kind }) => kind === 'copy'),
      [
        { kind: 'copy', from: `${PACKAGE}\\service\\winsw.exe`, path: `${DATA}\\service\\gururmm-agent.exe` },
        {
          kind: 'copy',
          from: `${PACKAGE}\\service\\winsw.exe.config`,
          path: `${DATA}\\service\\gururmm-agent.exe.config`,
        },
      ],
    )
    const mayFail = steps.filter((step) => 'mayFail' in step)
    t.same(callsOf(mayFail), [`${SYSTEM}\\net.exe stop gururmm-agent`, `${DATA}\\service\\gururmm-agent.exe uninstall`])
  },
)

t.test('WinSW’s settings start the agent’s own runtime', async (t) => {
  const { path, content } = fileOf(manager.install(REQUEST))
  t.equal(path, `${DATA}\\service\\gururmm-agent.xml`)
  t.equal(
    content.replaceAll('\r\n', '\n'),
    `<service>
  <id>gururmm-agent</id>
  <name>GuruRMM agent</name>
  <description>Runs what the GuruRMM server asks for, under the policy of this machine’s config.</description>
  <executable>${PACKAGE}\\runtime\\node.exe</executable>
  <argument>"${PACKAGE}\\bin\\gururmm-agent.js"</argument>
  <argument>start</argument>
  <argument>--config</argument>
  <argument>${DATA}\\agent.config.json</argument>
  <startmode>Automatic</startmode>
  <logpath>${DATA}\\logs</logpath>
  <log mode="roll-by-size">
    <sizeThreshold>10240</sizeThreshold>
    <keepFiles>5</keepFiles>
  </log>
  <onfailure action="restart" delay="5 sec"/>
  <onfailure action="restart" delay="1 min"/>
  <onfailure action="restart" delay="5 min"/>
  <resetfailure>1 hour</resetfailure>
  <stoptimeout>80 sec</stoptimeout>
</service>
`,
  )
})

t.test('an account is Windows’ own matter', async (t) => {
  t.throws(() => manager.install({ ...REQUEST, user: 'olga' }), {
    code: 'SERVICE_UNSUPPORTED',
    message: /services\.msc/,
  })
})

t.test('removing leaves the data unless told otherwise', async (t) => {
  const steps = manager.uninstall({ dataDir: null })
  t.same(callsOf(steps), [`${SYSTEM}\\net.exe stop gururmm-agent`, `${DATA}\\service\\gururmm-agent.exe uninstall`])
  t.same(steps.at(-1), { kind: 'remove', path: `${DATA}\\service` })
  t.same(
    manager.uninstall({ dataDir: `${DATA}\\data` }).filter(({ kind }) => kind === 'remove'),
    ['service', 'data', 'logs'].map((name) => ({ kind: 'remove', path: `${DATA}\\${name}` })),
  )
})

t.test('the status is the service control manager’s, read by its numbers', async (t) => {
  const answers: Readonly<Record<string, string>> = {
    queryex:
      '\r\nSERVICE_NAME: gururmm-agent \r\n        STATE              : 4  RUNNING \r\n        PID                : 4711\r\n',
    qc: '        START_TYPE         : 2   AUTO_START\r\n',
  }
  const running = await manager.status(async (_, [verb = '']) => ({ code: 0, stdout: answers[verb] ?? '' }))
  t.match(running, { installed: true, enabled: true, running: true, pid: 4711, detail: 'RUNNING' })
  const none = await manager.status(async () => ({ code: 1060, stdout: '' }))
  t.match(none, { installed: false, enabled: false, running: false, pid: null })
})
