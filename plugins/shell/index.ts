/**
 * The `shell`, `powershell` and `script` commands: run what the server sends, as far as the operator's policy lets it through.
 *
 * @module
 */
import { definePlugin } from '@gururmm/plugin-sdk'
import { allowListOf } from './allow-list.ts'
import { checkAll } from './checks.ts'
import { configSchema } from './config-schema.ts'
import { explainLine, explainScript } from './explain.ts'
import { runPowershellLine, runShellLine } from './run-line.ts'
import { runScript } from './run-script.ts'
import { lineSchema, scriptSchema } from './schemas.ts'
import { sweepScriptFiles } from './script-file.ts'

const powershell = {
  schemas: { input: lineSchema },
  elevation: true,
  handler: runPowershellLine,
  explain: explainLine,
} as const

export default definePlugin({
  name: 'shell',
  configSchema,
  permissions: { read: 'operator', write: 'operator', programs: 'operator', network: true },
  commands: {
    shell: {
      description: 'Runs a command line in the machine’s shell.',
      schemas: { input: lineSchema },
      elevation: true,
      handler: runShellLine,
      explain: explainLine,
    },
    powershell: { description: 'Runs a command line in PowerShell.', ...powershell },
    power_shell: { description: 'The same as `powershell`.', ...powershell },
    script: {
      description: 'Runs a script of any length in an interpreter.',
      schemas: { input: scriptSchema },
      elevation: true,
      handler: runScript,
      explain: explainScript,
    },
  },
  async setup({ config, dataDir }) {
    // A pattern that is none must stop the plugin, not the first command.
    await allowListOf(config)
    await sweepScriptFiles(dataDir)
  },
  check: checkAll,
})
