import type { NewCommand } from '../../examples/server/api.ts'
import type { Client } from '../../examples/server/client.ts'
import { type CommandRecord, hasEnded } from '../../examples/server/command.ts'
import { plainText, printableOutput } from '../../examples/server/text.ts'
import type { Narrator, Speaker } from './narrator.ts'
import { createProgressLines } from './progress-lines.ts'
import { AGENT_ID } from './stage.ts'

/** Sends a command and prints what becomes of it as it happens; resolves when it has ended. */
export async function sendAndFollow(
  client: Client,
  narrator: Narrator,
  speaker: Speaker,
  command: NewCommand,
): Promise<CommandRecord> {
  narrator.say('server', `sends ${JSON.stringify(command)}`)
  const { id } = await client.send(AGENT_ID, command)
  const lines = createProgressLines((line) => narrator.say(speaker, line))
  let status = ''
  for await (const news of client.follow(id)) {
    if (news.event === 'progress') lines.take(news.progress)
    else if (hasEnded(news.command)) {
      lines.finish()
      return tellEnd(news.command, narrator)
    } else if (news.command.status !== status) {
      status = news.command.status
      if (status === 'accepted') narrator.say('agent', 'took the command and recorded it')
    }
  }
  throw new Error(`The server stopped telling about command ${id}.`)
}

function tellEnd(command: CommandRecord, narrator: Narrator): CommandRecord {
  const { result } = command
  if (result === null) narrator.complain(`the command ended ${command.status}: ${command.rejection}`)
  else {
    const code = result.error == null ? '' : `, ${plainText(result.error.code)}`
    narrator.say('server', `got the result: exit code ${result.exit_code}${code}, ${result.duration_ms} ms`)
    for (const output of [result.stdout, result.stderr]) {
      if (output !== '') narrator.say('server', indent(printableOutput(output)))
    }
  }
  return command
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '│ ')
}
