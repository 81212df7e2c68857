/**
 * The `log_search` command: finds text or a pattern in the log files of folders that the operator allows.
 *
 * @module
 */
import { definePlugin } from '@gururmm/plugin-sdk'
import { checkFolders } from './checks.js'
import { configSchema, inputSchema, resultSchema } from './schemas.js'
import { search } from './search.js'

export default definePlugin({
  name: 'log_search',
  configSchema,
  permissions: { read: 'operator' },
  commands: {
    log_search: {
      description: 'Searches log files for a text or a pattern.',
      schemas: { input: inputSchema, result: resultSchema },
      timeoutSeconds: 600,
      // Reading costs the disk more than the processor: a third search would only slow the others
      limits: { concurrent: 2 },
      afterCrash: 'rerun',
      handler: search,
    },
  },
  check: checkFolders,
})
