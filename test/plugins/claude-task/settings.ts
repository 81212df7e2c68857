import Ajv from 'ajv'
import { type Config, configSchema } from '../../../plugins/claude-task/config-schema.ts'

const ajv = new Ajv.default({
  strict: true,
  allowUnionTypes: true,
  useDefaults: true,
  formats: { path: true, 'secret-file': true },
})
const validate = ajv.compile<Config>(configSchema)

/** A config as the plugin gets it: defaults filled in, what the test changes on top. */
export function configWith(changes: { readonly security?: object; readonly [key: string]: unknown } = {}): Config {
  const config: unknown = structuredClone(changes)
  if (!validate(config)) throw new Error(ajv.errorsText(validate.errors))
  return config
}

/** The security part of {@link configWith}. */
export function securityWith(changes: object = {}): Config['security'] {
  return configWith({ security: changes }).security
}
