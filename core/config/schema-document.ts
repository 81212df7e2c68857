import { configSchema } from './schema.ts'

/** {@link configSchema} as the file that a config's `$schema` names, for editors and `gururmm-agent config schema`. */
export function schemaDocument(): string {
  const { description, ...schema } = configSchema
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'agent.config.json',
    description,
    ...schema,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
