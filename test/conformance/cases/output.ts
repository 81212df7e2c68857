import type { Case } from '../platform.ts'
import { withReferenceServer, withSpecServer } from './shared.ts'

/** What comes out of programs, and what goes into them. */
export const output: readonly Case[] = [
  {
    title: 'exit codes of programs are passed on',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      for (const code of [0, 1, 3, 255]) t.match(await run(`exit ${code}`), { exit_code: code, error: null })
    },
  },
  {
    title: 'text beyond ASCII arrives in a command and comes back from it',
    async run(t, platform) {
      const { run, agent } = await withReferenceServer(t, platform)
      const text = 'Grüße_日本語_🎉_Ω'
      t.match(await run(platform.line('argv', text)), { exit_code: 0, stdout: `${JSON.stringify([text])}\n` })
      await run(platform.line('append', agent.native(`${text}.txt`), text))
      t.match(
        await run(platform.line('read', agent.native(`${text}.txt`))),
        { stdout: `${text}\n` },
        'also as a file name',
      )
    },
  },
  {
    title: 'arguments reach a program as they are',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      for (const argument of [
        'a b',
        "it's",
        'semi;colon',
        '$HOME',
        '`x`',
        '* ?',
        '(paren)',
        '<a>',
        'a|b',
        'a & b',
        '~',
      ]) {
        const { stdout } = (await run(platform.line('argv', argument))) ?? {}
        t.equal(stdout, `${JSON.stringify([argument])}\n`)
      }
    },
  },
  {
    title: 'bytes that are no text become replacement characters',
    notOn: { Windows: 'There they are text in the console’s code page.' },
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      t.match(await run(platform.line('bytes', '61ff62')), { exit_code: 0, stdout: 'a\ufffdb' })
    },
  },
  {
    title: 'a long output is cut in the middle, and the server can ask for the rest',
    async run(t, platform) {
      const config = { limits: { maxOutputBytes: 4096 } }
      const { send, client } = await withReferenceServer(t, platform, { config })
      const { id } = await send(platform.line('lines', '20000'))
      const { result } = await client.ended(id)
      t.match(result, { exit_code: 0, truncation: { stdout: { total_bytes: 180_000 } } })
      t.match(result?.stdout, /^00000001\n[\s\S]*\n\[… \d+ bytes left out …\]\n[\s\S]*00020000\n$/)
      let whole = ''
      for await (const piece of client.output(id)) whole += piece
      t.equal(whole.length, 180_000)
    },
  },
  {
    title: 'a command finds a plain environment, and none of the agent’s own variables',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      const environment = JSON.parse((await run(platform.line('env')))?.stdout ?? '{}') as Record<string, string>
      const names = Object.keys(environment).map((name) => name.toUpperCase())
      t.ok(names.includes('PATH'))
      t.same(
        names.filter((name) => /TOKEN|NODE_|NPM_|TAP/.test(name)),
        [],
      )
    },
  },
  {
    title: 'a command that comes again is not run again',
    async run(t, platform) {
      const { server, resultOf, agent } = await withSpecServer(t, platform)
      const command = {
        id: 'once',
        command_type: 'shell',
        command: platform.line('append', agent.native('ran'), 'ran'),
      }
      server.sendCommand(command)
      server.sendCommand(command)
      const first = await resultOf('once')
      server.sendCommand(command)
      t.same(await resultOf('once'), first, 'the stored result')
      server.sendCommand({ id: 'look', command_type: 'shell', command: platform.line('read', agent.native('ran')) })
      t.match(await resultOf('look'), { stdout: 'ran\n' })
    },
  },
]
