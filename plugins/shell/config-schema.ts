import type { CommandContext, Infer } from '@gururmm/plugin-sdk'

const program = { type: ['string', 'null'], minLength: 1, maxLength: 4096, default: null } as const

/** JSON Schema of `plugins.shell.config`. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    interpreter: {
      ...program,
      description:
        'The shell of `shell` commands, and of scripts that name none: a name or an absolute path. null: /bin/sh, on Windows cmd.exe. Started without reading start-up files.',
    },
    powershell: {
      ...program,
      description:
        'The PowerShell of `powershell` commands: a name or an absolute path. null: the one that comes with Windows; elsewhere `pwsh`.',
    },
    environment: {
      type: 'object',
      maxProperties: 64,
      propertyNames: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      additionalProperties: { type: 'string', maxLength: 32768 },
      default: {},
      description: 'Variables for every command, added to the agent’s small base environment. No secrets.',
    },
    workingDirectory: {
      type: ['string', 'null'],
      format: 'path',
      default: null,
      description: 'Where commands run. null: the root of the file system, on Windows of the system drive.',
    },
    allow: {
      type: ['array', 'null'],
      maxItems: 256,
      items: { type: 'string', minLength: 1, maxLength: 4096 },
      default: null,
      description:
        'Regular expressions (RE2 syntax), one of which has to match the whole command line or script; everything else is refused. null: everything is allowed. A pattern that lets an interpreter through (`sh .*`, `python3 .*`) allows everything.',
    },
    elevated: {
      type: 'boolean',
      default: false,
      description:
        'Whether commands may ask to keep the agent’s own rights (root or Administrator). false: such commands are refused.',
    },
  },
} as const

export type ShellConfig = Infer<typeof configSchema>
export type ShellContext = CommandContext<ShellConfig>
