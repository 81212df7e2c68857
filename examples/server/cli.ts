import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { pino } from 'pino'
import { type ClientOptions, createClient } from './client.ts'
import { hasEnded } from './command.ts'
import { agentsTable, approvalsReport, commandReport, exitCodeOf, historyTable, profileReport } from './print.ts'
import { createServer } from './server.ts'
import { printableOutput } from './text.ts'
import { readTokens } from './tokens.ts'

const program = new Command('gururmm-server')
  .description('The reference server, and what an operator does with it')
  .option(
    '--connection <file>',
    'owner-only JSON file: { "url", "token" } of the HTTP API',
    process.env.GURURMM_CONNECTION,
  )
  .option('--json', 'print JSON')

const HISTORY_FILTERS: Readonly<Record<string, string>> = {
  state: 'accepted, running, finished, acknowledged or tombstone',
  origin: 'server or local',
  since: 'RFC 3339: received then or later',
  until: 'RFC 3339: received before',
  text: 'occurs in id, type, user, input or result',
  limit: 'how many at most',
  before: 'the next page, as the one before names it',
}

/** Tokens come from a file, never from the command line, where every user of the machine can read them. */
async function client() {
  const { connection } = program.opts<{ connection?: string }>()
  if (connection === undefined) throw new Error('Expected --connection FILE or GURURMM_CONNECTION, found neither.')
  return createClient(JSON.parse(await readFile(connection, 'utf8')) as ClientOptions)
}

function print(value: unknown, text: string): void {
  console.log(program.opts<{ json?: boolean }>().json === true ? JSON.stringify(value) : text)
}

program
  .command('serve')
  .description('run the server')
  .requiredOption('--tokens <file>', 'owner-only JSON file: { "agents": […], "operators": […] }, see README.md')
  .option('--host <address>', 'where to listen', '127.0.0.1')
  .option('--port <number>', 'where to listen', '4000')
  .option('--log <file>', 'JSON lines, so that a restarted server knows its commands')
  .option('--tls-cert <file>', 'PEM; with --tls-key')
  .option('--tls-key <file>', 'PEM')
  .action(
    async (
      options: Record<'tokens' | 'host' | 'port', string> & Partial<Record<'log' | 'tlsCert' | 'tlsKey', string>>,
    ) => {
      const { tlsCert, tlsKey, log } = options
      const pem = async (path: string) => readFile(path, 'utf8')
      const server = await createServer({
        tokens: await readTokens(options.tokens),
        host: options.host,
        port: Number(options.port),
        logger: pino(pino.destination(2)),
        ...(log === undefined ? {} : { logFile: log }),
        ...(tlsCert === undefined || tlsKey === undefined
          ? {}
          : { tls: { cert: await pem(tlsCert), key: await pem(tlsKey) } }),
      })
      print(
        { url: server.url, httpUrl: server.httpUrl },
        `Agents dial ${server.url}; the HTTP API is at ${server.httpUrl}.`,
      )
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
    },
  )

program
  .command('agents')
  .description('list the agents')
  .action(async () => {
    const agents = await (await client()).agents()
    print(agents, agentsTable(agents))
  })

program
  .command('send <agent> <type> [text]')
  .description('send a command and follow it; exits with its exit code (-1 shows as 255)')
  .option('--set <key=value...>', 'a field of the type’s input; the value is JSON or else text')
  .option('--timeout <seconds>', 'deadline', Number)
  .option('--elevated', 'keep the agent’s own rights')
  .option('--no-wait', 'print the command’s id and leave')
  .action(async (agent: string, type: string, text: string | undefined, options: SendOptions) => {
    const api = await client()
    const { id } = await api.send(agent, {
      command_type: options.set === undefined ? type : { [type]: inputOf(options.set) },
      command: text ?? '',
      timeout_seconds: options.timeout ?? null,
      elevated: options.elevated ?? false,
    })
    if (options.wait) await followCommand(id)
    else print({ id }, id)
  })

program.command('show <command>').description('follow a command until it has ended').action(followCommand)

program
  .command('cancel <command>')
  .description('end a command, wherever it is')
  .action(async (id: string) => {
    const command = await (await client()).cancel(id)
    print(command, hasEnded(command) ? commandReport(command) : `${id}: asked the agent to end it`)
  })

program
  .command('output <command>')
  .description('print what a command wrote until now, whole, also what its result left out')
  .addOption(new Option('--stream <name>', 'which').choices(['stdout', 'stderr']).default('stdout'))
  .option('--offset <bytes>', 'begin there', Number, 0)
  .action(async (id: string, { stream, offset }: { stream: 'stdout' | 'stderr'; offset: number }) => {
    const clean = process.stdout.isTTY ? printableOutput : (text: string) => text
    for await (const piece of (await client()).output(id, stream, offset)) process.stdout.write(clean(piece))
  })

const history = program
  .command('history <agent>')
  .description('list the commands that an agent’s journal has, newest first')
for (const name of ['type', 'plugin', 'state', 'origin', 'user', 'since', 'until', 'text', 'limit', 'before']) {
  history.option(`--${name} <value>`, HISTORY_FILTERS[name])
}
history.action(async (agent: string, filters: Record<string, string>) => {
  const page = await (await client()).history(agent, filters)
  print(page, historyTable(page))
})

program
  .command('approvals')
  .description('list what running commands ask: may this be done?')
  .action(async () => {
    const approvals = await (await client()).approvals()
    print(approvals, approvalsReport(approvals))
  })

for (const [verb, approved] of [
  ['approve', true],
  ['deny', false],
] as const) {
  program
    .command(`${verb} <approval>`)
    .description(`answer such a question with ${approved ? 'yes' : 'no'}`)
    .action(async (id: string) => {
      const approval = await (await client()).decide(id, approved)
      print(approval, `${approved ? 'Approved' : 'Denied'}: ${approvalsReport([approval])}`)
    })
}

program
  .command('profile <site> [file]')
  .description('show what is taken away at a site, or set it from a JSON file with the profile’s `plugins`')
  .action(async (site: string, file: string | undefined) => {
    const api = await client()
    const plugins = file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as object)
    const view = plugins === undefined ? await api.profile(site) : await api.setProfile(site, plugins)
    print(view, profileReport(view))
  })

interface SendOptions {
  readonly set?: readonly string[]
  readonly timeout?: number
  readonly elevated?: boolean
  readonly wait: boolean
}

/** `task=Check the log` and `context_files=["a.log"]` as an object. */
function inputOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...rest] = pair.split('=')
      const value = rest.join('=')
      try {
        return [key, JSON.parse(value)]
      } catch {
        return [key, value]
      }
    }),
  )
}

async function followCommand(id: string): Promise<void> {
  for await (const news of (await client()).follow(id)) {
    if (news.event === 'progress') {
      const { stream, data } = news.progress
      const text = stream === 'event' ? JSON.stringify(data) : String(data)
      if (process.stderr.isTTY) process.stderr.write(`[${stream}] ${printableOutput(text).trimEnd()}\n`)
    } else if (news.command.status === 'waiting') {
      console.error(`${news.command.agentId} is offline; the command waits for it. Ctrl-C leaves it waiting.`)
    } else if (hasEnded(news.command)) {
      print(news.command, commandReport(news.command))
      process.exitCode = exitCodeOf(news.command)
    }
  }
}

try {
  await program.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
