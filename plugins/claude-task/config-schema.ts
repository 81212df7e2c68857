import type { Infer } from '@gururmm/plugin-sdk'
import { environmentVariables } from './config/environment-schema.ts'
import { security } from './config/security-schema.ts'

/** JSON Schema of `plugins.claude_task.config`, defaults and descriptions included. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cliPath: {
      type: ['string', 'null'],
      format: 'path',
      maxLength: 4096,
      default: null,
      description: 'The Claude Code CLI’s program. null: `claude` on the PATH, then where its installers put it.',
    },
    apiKeyFile: {
      type: ['string', 'null'],
      format: 'secret-file',
      maxLength: 4096,
      default: null,
      description:
        'File with the Anthropic API key (or a long-lived token made by `claude setup-token`), readable by the agent’s user alone. Required.',
    },
    environment: {
      ...environmentVariables,
      default: {},
      description:
        'Variables for the CLI, e.g. HTTPS_PROXY, NODE_EXTRA_CA_CERTS or ANTHROPIC_BASE_URL. No secrets: they are shown by `config print`.',
    },
    idleTimeoutSeconds: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 86_400,
      default: 180,
      description:
        'A task of which nothing is heard for so long is ended. A single API attempt is given two thirds of it.',
    },
    security,
  },
} as const

/** The plugin's config, validated and with its defaults. */
export type Config = Infer<typeof configSchema>
/** What tasks may be and what Claude may do. */
export type Security = Config['security']
/** How a profile is named. */
export type ProfileName = keyof Security['profiles']
/** A rule for single calls. */
export type RuleConfig = Security['profiles']['operate']['rules'][string]
