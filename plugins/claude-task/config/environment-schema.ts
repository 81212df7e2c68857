/**
 * Variables that the plugin itself gives the CLI, that would carry a secret in plain sight, or lead around the broker; the config may
 * not name them.
 */
const RESERVED_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_UNIX_SOCKET',
  'APPDATA',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CONFIG_DIR',
  'CLAUDE_CODE_TMPDIR',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_VERTEX',
  'HOME',
  'LOCALAPPDATA',
  'TMPDIR',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'XDG_RUNTIME_DIR',
] as const

/** JSON Schema of a map of environment variables, without description and default. */
export const environmentVariables = {
  type: 'object',
  maxProperties: 64,
  propertyNames: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$', not: { enum: RESERVED_VARIABLES } },
  additionalProperties: { type: 'string', maxLength: 32_768 },
} as const
