import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { processesWith } from '../../helpers/processes.ts'
import { startReferenceServer } from '../../helpers/reference-server.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import type { Case } from '../platform.ts'
import { newMark, noneLeft, PATIENCE_MS, shellLimits, untilProcesses, withReferenceServer } from './shared.ts'

/** How commands and agents end. */
export const endings: readonly Case[] = [
  {
    title: 'a command that times out ends with everything it started',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      const mark = newMark()
      const result = await run(platform.line('tree', mark), { timeout_seconds: 8 })
      t.match(result, { exit_code: 124, stdout: 'begun\n', error: { code: 'COMMAND_TIMED_OUT' } })
      await noneLeft(t, platform, mark)
    },
  },
  {
    title: 'a cancelled command ends with everything it started',
    async run(t, platform) {
      const { send, client } = await withReferenceServer(t, platform)
      const mark = newMark()
      const { id } = await send(platform.line('tree', mark))
      await untilProcesses(mark, 3)
      await client.cancel(id)
      t.match(await client.ended(id), { result: { exit_code: -1, error: { code: 'COMMAND_CANCELLED' } } })
      await noneLeft(t, platform, mark)
      t.match(await client.cancel(id), { status: 'finished' }, 'may be repeated')
    },
  },
  {
    title: 'what a program leaves running ends with its command',
    async run(t, platform) {
      const { run } = await withReferenceServer(t, platform)
      const mark = newMark()
      t.match(await run(platform.line('leave', mark)), { exit_code: 0, stdout: 'gone\n' })
      await noneLeft(t, platform, mark)
    },
  },
  {
    title: 'a stop lets what runs end, refuses what comes, and delivers the results',
    async run(t, platform) {
      const { client, agent, send } = await withReferenceServer(t, platform)
      const running = await send(`echo begun${platform.next}${platform.line('until', agent.native('go'))}`)
      for await (const news of client.follow(running.id)) if (news.event === 'progress') break
      await agent.stop()
      await waitUntil(
        'it to drain',
        async () => (await client.ended((await send('exit 0')).id)).result?.error?.code === 'AGENT_DRAINING',
        PATIENCE_MS,
      )
      await writeFile(path.join(agent.folder, 'go'), '')
      t.match((await client.ended(running.id)).result, { exit_code: 0, stdout: /done\n$/ })
      t.match(await agent.ended, { code: 0 })
    },
  },
  {
    title: 'a second stop ends what runs, with everything it started',
    async run(t, platform) {
      const { client, agent, send } = await withReferenceServer(t, platform)
      const mark = newMark()
      const { id } = await send(platform.line('tree', mark))
      await untilProcesses(mark, 3)
      await agent.stop()
      await waitUntil('it to drain', () => agent.output().includes('second signal'), PATIENCE_MS)
      await agent.stop()
      t.match(await client.ended(id), { result: { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED' } } })
      t.match(await agent.ended, { code: 0 })
      await noneLeft(t, platform, mark)
    },
  },
  {
    title: 'what a killed agent ran is ended, and told as interrupted by the next one',
    async run(t, platform) {
      const { client, agent, send, untilOffline, untilOnline } = await withReferenceServer(t, platform)
      const mark = newMark()
      const { id } = await send(platform.line('tree', mark))
      await untilProcesses(mark, 3)
      await agent.kill()
      await untilOffline()
      await agent.startAgain()
      await untilOnline()
      t.match(await client.ended(id), { result: { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED' } } })
      await waitUntil('nothing to be left', async () => (await processesWith(mark)).length === 0, PATIENCE_MS)
    },
  },
  {
    title: 'a result that the server did not get outlives a restart of the agent, and is told once',
    async run(t, platform) {
      const logFile = path.join(t.testdir(), 'server.log')
      const first = await startReferenceServer(t, { logFile })
      const agent = await platform.startAgent(t, { serverUrl: first.url })
      await waitUntil('the agent', () => first.agents.get('agent-1')?.session != null, PATIENCE_MS)
      const line = `${platform.line('until', agent.native('go'))}${platform.next}${platform.line('append', agent.native('ran'), 'ran')}`
      const { id } = await first.client.send('agent-1', { command_type: 'shell', command: line })
      await waitUntil('it to run', () => first.store.command(id)?.status === 'accepted', PATIENCE_MS)
      await first.close()
      await writeFile(path.join(agent.folder, 'go'), '')
      await waitUntil(
        'it to end',
        async () => /finished/.test((await agent.cli('history', 'show', id)).stdout),
        PATIENCE_MS,
      )
      await agent.kill()
      await agent.startAgain()
      const second = await startReferenceServer(t, { logFile, port: Number(new URL(first.httpUrl).port) })
      t.match(await second.client.ended(id), { result: { exit_code: 0, stdout: 'done\n' } })
      const look = await second.client.send('agent-1', {
        command_type: 'shell',
        command: platform.line('read', agent.native('ran')),
      })
      t.match(await second.client.ended(look.id), { result: { stdout: 'ran\n' } })
    },
  },
  {
    title: 'of three commands at once where two may run the third is refused at once',
    async run(t, platform) {
      const config = shellLimits({ concurrent: 2, queued: 0 })
      const { client, agent, send } = await withReferenceServer(t, platform, { config })
      const waits = platform.line('until', agent.native('go'))
      const [first, second, third] = [await send(waits), await send(waits), await send(waits)]
      t.match(await client.ended(third.id), { result: { exit_code: -1, error: { code: 'LIMIT_CONCURRENT' } } })
      await writeFile(path.join(agent.folder, 'go'), '')
      for (const { id } of [first, second]) t.match(await client.ended(id), { result: { stdout: 'done\n' } })
    },
  },
  {
    title: 'the eleventh command of an hour is refused, also after a restart',
    async run(t, platform) {
      const config = shellLimits({ rate: { count: 10, windowSeconds: 3600 } })
      const { agent, run, untilOffline, untilOnline } = await withReferenceServer(t, platform, { config })
      for (let count = 1; count <= 10; count++) t.match(await run('echo ran'), { exit_code: 0 }, `number ${count}`)
      await agent.kill()
      await untilOffline()
      await agent.startAgain()
      await untilOnline()
      t.match(await run('echo ran'), { exit_code: -1, stdout: '', error: { code: 'LIMIT_RATE' } })
    },
  },
]
