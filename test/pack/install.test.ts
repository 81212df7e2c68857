import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { npm, pack, plainEnvironment, ROOT } from '../helpers/npm.ts'
import { directoryOutside } from '../helpers/outside.ts'

const run = promisify(execFile)
const TSC = path.join(ROOT, 'node_modules/typescript/lib/tsc.js')

/** A folder with nothing but one packed package installed in it. */
async function installed(t: Test, source: string, ...npmArgs: string[]): Promise<string> {
  const folder = directoryOutside(t, { 'package.json': '{ "private": true, "type": "module" }' })
  const { tarball } = await pack(source, folder)
  await npm(folder, 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...npmArgs, tarball)
  return folder
}

/** Type-checks `text` as a project that has the package, its library types too; rejects with the compiler's words. */
async function compile(folder: string, text: string): Promise<void> {
  await writeFile(path.join(folder, 'index.ts'), text)
  const node = ['--types', 'node', '--typeRoots', path.join(ROOT, 'node_modules/@types')]
  const settings = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--skipLibCheck',
    'false',
    ...node,
  ]
  await run(process.execPath, [TSC, ...settings, 'index.ts'], { cwd: folder, env: plainEnvironment() }).catch(
    (error) => {
      throw new Error(error.stdout || error.message)
    },
  )
}

async function node(folder: string, text: string): Promise<string> {
  const options = { cwd: folder, env: plainEnvironment() }
  return (await run(process.execPath, ['--input-type=module', '--eval', text], options)).stdout.trim()
}

t.test('the agent', async (t) => {
  // Offline: it needs nothing else.
  const folder = await installed(t, ROOT, '--offline')
  const config = path.join(folder, 'agent.config.json')
  const plugins = { shell: { enabled: true }, claude_task: { enabled: true } }
  const settings = { agent: { dataDir: './var' }, server: { url: 'ws://127.0.0.1:9/' }, plugins }
  await writeFile(config, JSON.stringify(settings))
  const agent = async (...args: string[]) => {
    const file = path.join(folder, 'node_modules/gururmm-agent/bin/gururmm-agent.js')
    const options = { cwd: folder, env: { ...plainEnvironment(), GURURMM_CONFIG: config } }
    return (await run(process.execPath, [file, ...args], options)).stdout
  }

  t.test('is alone in node_modules', async (t) => {
    const names = await readdir(path.join(folder, 'node_modules'))
    // But for the optional package that calls functions of the system.
    t.strictSame(
      names.filter((name) => !name.startsWith('.') && name !== '@koromix'),
      ['gururmm-agent'],
    )
  })

  t.test('says its version', async (t) => t.match(await agent('--version'), /1\.\d+\.\d+/))

  t.test('has both plugins', async (t) => {
    const printed = await agent('plugin', 'list', '--json')
    for (const name of ['shell', 'claude_task']) t.match(printed, `"${name}"`)
  })

  t.test('runs a command', async (t) => {
    t.match(JSON.parse(await agent('run', '--json', 'shell', 'echo it works')), {
      exit_code: 0,
      stdout: /^it works\r?\n$/,
    })
  })

  t.test('gives servers the protocol, with types that know the messages', async (t) => {
    t.match(
      await node(folder, "import * as p from 'gururmm-agent/protocol'; console.log(Object.keys(p).join())"),
      /MESSAGES/,
    )
    await t.resolves(
      compile(
        folder,
        `import type { CommandPayload } from 'gururmm-agent/protocol'
         const good: CommandPayload = { id: '1', command_type: 'shell', command: 'true' }
         // @ts-expect-error: an id is text
         const bad: CommandPayload = { id: 1, command_type: 'shell', command: 'true' }
         export { good, bad }`,
      ),
    )
  })
})

const PLUGIN = `
import { definePlugin } from '@gururmm/plugin-sdk'
export const plugin = definePlugin({
  name: 'greeter',
  commands: {
    greet: {
      description: 'Greets',
      schemas: {
        input: { type: 'object', required: ['who'], additionalProperties: false, properties: { who: { type: 'string' } } },
      },
      async handler(input) {
        return { stdout: 'hello ' + input.who }
      },
    },
  },
})`

t.test('the SDK', async (t) => {
  const folder = await installed(t, path.join(ROOT, 'plugin-sdk'), '--prefer-offline')

  t.test('infers a handler’s input from its schema', async (t) => {
    await t.resolves(compile(folder, PLUGIN))
    await t.rejects(compile(folder, PLUGIN.replace('input.who', 'input.nobody')), /nobody/)
  })

  t.test('runs a plugin’s command in its test kit, without an agent', async (t) => {
    const printed = await node(
      folder,
      `${PLUGIN}
       import { testPlugin } from '@gururmm/plugin-sdk/testing'
       const test = await testPlugin(plugin)
       const good = await test.run('greet', { who: 'you' })
       const bad = await test.run('greet', {})
       await test.close()
       console.log(JSON.stringify({ good, bad }))`,
    )
    t.match(JSON.parse(printed), {
      good: { exitCode: 0, stdout: 'hello you' },
      bad: { exitCode: -1, failure: { code: 'COMMAND_INPUT_INVALID' } },
    })
  })
})
