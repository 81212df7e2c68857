import type { Manifest, ObjectSchema } from '@gururmm/plugin-sdk'
import type { CommandType } from '../dispatch/contract.ts'
import { digestOf } from '../protocol/canonical-json.ts'
import type { CommandSummary } from './contract.ts'
import { type LimitLayers, limitRuleOf, limitsOf } from './limit-layers.ts'

/** Asked for with every heartbeat. */
const digests = new WeakMap<ObjectSchema, string>()

function schemaDigest(schema: ObjectSchema): string {
  const known = digests.get(schema) ?? digestOf(schema)
  digests.set(schema, known)
  return known
}

/** What the status takes from the manifest; undefined: it could not be read. */
export function toldBy(manifest: Manifest | undefined, layers: LimitLayers) {
  return {
    version: manifest?.version ?? null,
    permissions: manifest?.permissions ?? {},
    configSchema: manifest?.configSchema ?? null,
    commands: manifest === undefined ? [] : summaryOf(manifest, layers),
  }
}

/** What the server, the CLI and the docs are told of a plugin's command types. */
function summaryOf(manifest: Manifest, layers: LimitLayers): readonly CommandSummary[] {
  return Object.entries(manifest.commands).map(([type, command]) => ({
    type,
    description: command.description,
    schemas: command.schemas,
    schemaDigest: schemaDigest(command.schemas.input),
    timeoutSeconds: command.timeoutSeconds ?? null,
    limits: limitsOf(manifest, type, layers),
    elevation: command.elevation ?? false,
    afterCrash: command.afterCrash ?? 'interrupt',
  }))
}

/** A command type as dispatch sees it. */
export function commandTypeOf(
  manifest: Manifest,
  type: string,
  layers: LimitLayers,
  methods: Pick<CommandType, 'validate' | 'run'>,
): CommandType {
  const command = manifest.commands[type]
  return {
    type,
    plugin: manifest.name,
    timeoutSeconds: command?.timeoutSeconds ?? null,
    limits: limitsOf(manifest, type, layers),
    ruleOf: (...limit) => limitRuleOf(manifest, type, layers, limit),
    elevation: command?.elevation ?? false,
    afterCrash: command?.afterCrash ?? 'interrupt',
    takesCommandText: Object.hasOwn((command?.schemas.input.properties as object | undefined) ?? {}, 'command'),
    ...methods,
  }
}
