import { existsSync } from 'node:fs'
import t from 'tap'
import { waitUntil } from '../helpers/wait-until.ts'
import { createWindows } from '../helpers/windows/machine.ts'
import { WINDOWS_NODE_VERSION, windowsNode } from '../helpers/windows/packages.ts'

t.test('a Windows of the test’s own runs Node, and leaves nothing behind', async (t) => {
  const windows = await createWindows()
  t.teardown(() => windows.close())
  t.notOk(existsSync(windows.hostPath('C:\\Program Files\\nodejs')), 'it comes without Node')
  const script =
    'console.log(process.version, process.platform, process.cwd()); console.error("ö 日本"); process.exit(7)'
  t.same(await windows.node(['-e', script]), {
    code: 7,
    stdout: `v${WINDOWS_NODE_VERSION} win32 C:\\\n`,
    stderr: 'ö 日本\n',
  })
  t.match(await windows.node(['-p', 'Object.keys(process.env).filter((name) => /npm|tap/i.test(name))']), {
    stdout: '[]\n',
  })
  t.equal(windows.windowsPath(windows.hostPath('C:\\Shares/test')), 'C:\\Shares\\test')
  t.equal(windows.windowsPath('/tmp/x'), 'Z:\\tmp\\x')
  t.throws(() => windows.hostPath('D:\\'))
  const endless = windows.start(await windowsNode(), ['-e', 'console.log("up"); setInterval(() => {}, 1000)'])
  await waitUntil('it to run', () => endless.stdout() !== '')
  await windows.close()
  t.ok(await endless.ended, 'it ends whatever runs')
  t.notOk(existsSync(windows.driveC))
})
