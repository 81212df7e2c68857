import { ask } from '../../service/index.ts'
import { EXIT } from '../exit-codes.ts'
import { print, printJson, safe, style, table } from '../output.ts'
import { serviceManager } from '../service/carry-out.ts'
import type { Call } from '../verb.ts'

/** `service status`: as the service manager sees it; `status` asks the agent itself. Ends with 0 only where it runs. */
export async function act(call: Call): Promise<number> {
  const manager = serviceManager()
  const status = await manager.status(ask)
  if (call.opts<{ json?: boolean }>().json) printJson(status)
  else {
    const rows = [
      ['service', `${status.manager}, ${status.installed ? 'installed' : style('red', 'not installed')}`],
      ['at start', status.enabled ? 'starts with the machine' : style('red', 'does not start with the machine')],
      [
        'now',
        `${status.running ? style('green', 'running') : style('red', 'not running')}${pidOf(status.pid)}: ${safe(status.detail)}`,
      ],
      ['log', manager.logHint],
    ]
    print(
      await table(
        [],
        rows.map(([key = '', value = '']) => [style('bold', key), value]),
      ),
    )
  }
  return status.running ? EXIT.ok : EXIT.failed
}

function pidOf(pid: number | null): string {
  return pid === null ? '' : `, process ${pid}`
}
