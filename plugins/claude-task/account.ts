import type { CommandContext } from '@gururmm/plugin-sdk'
import { gather } from './cli/ask.ts'

/**
 * The user id that programs of this command run under, where that is not the agent's own; null where it is. An agent that is root
 * may give its programs to a lesser account, to which the plugin's data folder is closed.
 *
 * @throws CommandError of `ctx.run()`.
 */
export async function foreignAccount(run: CommandContext['run']): Promise<number | null> {
  if (process.geteuid?.() !== 0) return null
  const asked = run('id', ['-u'], { output: 'plugin' })
  asked.end()
  const [answer, end] = await Promise.all([gather(asked.lines('stdout')), asked.ended])
  const uid = Number(answer.trim())
  if (end.exitCode !== 0 || answer.trim() === '' || !Number.isSafeInteger(uid)) {
    throw new Error(`\`id -u\` answered ${JSON.stringify(answer.slice(0, 64))} and ended with ${end.exitCode}`)
  }
  return uid === 0 ? null : uid
}
