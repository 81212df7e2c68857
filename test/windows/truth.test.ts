import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { withSpecServer } from '../conformance/cases/shared.ts'
import { windows } from '../conformance/windows.ts'
import { startWindows } from '../helpers/windows/machine.ts'
import { koffiFolder } from '../helpers/windows/packages.ts'

const machine = await startWindows(t)
const platform = await windows(machine)

t.test('what cmd.exe could take for its own reaches a program as it is, between quotes', async (t) => {
  const { server, resultOf } = await withSpecServer(t, platform)
  const args = ['100%', '%no such%', '^caret', 'bang!', 'a&b|c<d>e', "it's", '(x)', ';,=', '--', 'ü日本🎉', 'a  b', '']
  server.sendCommand({ id: 'argv', command_type: 'shell', command: platform.line('argv', ...args) })
  t.match(await resultOf('argv'), { exit_code: 0, stdout: `${JSON.stringify(args)}\n` })
  server.sendCommand({ id: 'variable', command_type: 'shell', command: 'echo %SystemRoot%' })
  t.match(await resultOf('variable'), { stdout: /^C:\\windows\r\n$/i })
})

t.test('a line in the console’s code page and one in UTF-8 are both read, in one output', async (t) => {
  const { server, resultOf } = await withSpecServer(t, platform)
  // ü and a line's end in code page 437, then ü in UTF-8
  const command = `${platform.line('bytes', '810a')}&${platform.line('bytes', 'c3bc0a')}`
  server.sendCommand({ id: 'pages', command_type: 'shell', command })
  t.match(await resultOf('pages'), { exit_code: 0, stdout: 'ü\nü\n' })
})

t.test('a script for cmd.exe gets its arguments, also through a shim', async (t) => {
  const { server, resultOf, agent } = await withSpecServer(t, platform)
  const shim = agent.native('shim.cmd')
  await writeFile(path.join(agent.folder, 'shim.cmd'), `@${platform.line('argv')} %*\r\n`)
  const body = `@echo off\ncall "${shim}" "a b" "%~1"\nexit /b 5`
  server.sendCommand({ id: 'script', command_type: { script: { body, arguments: ['c & d'] } } })
  t.match(await resultOf('script'), { exit_code: 5, stdout: '["a b","c & d"]\n' })
})

t.test('a directory is the same in any case and by its short name, and a link out of the base is none', async (t) => {
  const folder = await platform.taskFolder(t)
  await mkdir(path.join(folder.host, 'a long folder name'))
  await symlink(machine.hostPath('C:\\windows'), path.join(folder.host, 'out'))
  const config = { cliPath: await platform.claudeCli(), apiKeyFile: './token' }
  const plugins = { shell: { enabled: true }, claude_task: { enabled: true, config } }
  const { server, resultOf } = await withSpecServer(t, platform, { config: { plugins } })
  const short = await shortName('C:\\Shares\\test\\a long folder name')
  t.match(short, /~/)
  const send = async (id: string, working_directory: string) => {
    server.sendCommand({ id, command_type: { claude_task: { task: 'Look around', working_directory } } })
    return resultOf(id)
  }
  const answer = { exit_code: 0, stdout: 'In C:\\Shares\\test\\a long folder name are: ' }
  t.match(await send('case', 'c:/SHARES/TEST/A LONG FOLDER NAME'), answer)
  t.match(await send('short', short), answer)
  t.match(await send('link', 'out'), { exit_code: -1, stdout: '', stderr: /not inside an allowed base directory/ })
})

/** As Windows shortens it to eight characters and three. */
async function shortName(long: string): Promise<string> {
  const script = `
    const kernel32 = require(process.argv[1]).load('kernel32.dll')
    const shorten = kernel32.func('uint32 __stdcall GetShortPathNameW(str16 a, void *b, uint32 c)')
    const name = Buffer.alloc(1024)
    process.stdout.write(name.toString('utf16le', 0, 2 * shorten(process.argv[2], name, 512)))`
  return (await machine.node(['-e', script, machine.windowsPath(await koffiFolder()), long])).stdout
}
