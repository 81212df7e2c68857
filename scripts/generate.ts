/**
 * `npm run generate`: writes the files that are made from code: docs/errors.md, docs/protocol.md, docs/configuration.md, docs/plugin-api.md,
 * agent.config.schema.json, the manifests that shipped plugins have when the agent runs unbuilt,
 * and those of the example plugins. Tests say when one of them is old.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { schemaDocument } from '../core/config/schema-document.ts'
import { apiDocs } from './api-docs.ts'
import { configDocs } from './config-docs.ts'
import { errorDocs } from './error-docs.ts'
import { exampleManifests, shippedManifests } from './manifests.ts'
import { PROTOCOL_DOCS, protocolDocs } from './protocol-docs.ts'

const ROOT = path.join(import.meta.dirname, '..')

await writeFile(path.join(ROOT, 'docs/errors.md'), errorDocs())
await writeFile(path.join(ROOT, 'docs/configuration.md'), configDocs())
await writeFile(path.join(ROOT, 'docs/plugin-api.md'), apiDocs())
await writeFile(PROTOCOL_DOCS, protocolDocs())
await writeFile(path.join(ROOT, 'agent.config.schema.json'), schemaDocument())
const manifests = [...(await shippedManifests()), ...(await exampleManifests())]
for (const { file, text } of manifests) await writeFile(file, text)
