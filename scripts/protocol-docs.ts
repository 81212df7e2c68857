import path from 'node:path'
import { MESSAGES } from '../core/protocol/schemas.ts'
import { EXAMPLES, type Example } from './protocol-docs/examples.ts'
import { type Field, fieldsOf, type Schema } from './protocol-docs/fields.ts'
import { INTRODUCTION } from './protocol-docs/introduction.ts'

/** Where the text belongs. */
export const PROTOCOL_DOCS = path.join(import.meta.dirname, '../docs/protocol.md')

/** The text of docs/protocol.md, made from the schemas of the messages. */
export function protocolDocs(): string {
  const sections = Object.entries(MESSAGES).map(([type, { from, capability, schema }]) => {
    const asked = capability === null ? '' : `, where \`${capability}\` was asked for`
    const direction = `${from === 'agent' ? 'Agent to server' : 'Server to agent'}${asked}.`
    const examples = EXAMPLES.filter(({ message }) => message.type === type).map(exampleText)
    return [
      `### \`${type}\``,
      `${direction} ${schema.description}`,
      fieldsTable(fieldsOf(schema as Schema)),
      ...examples,
    ].join('\n\n')
  })
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`.replaceAll(/\n{3,}/g, '\n\n')
}

function fieldsTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, required, description }) =>
    row(`\`${name}\``, type, required ? 'yes' : '', description),
  )
  return [row('field', 'type', 'required', 'meaning'), '|---|---|---|---|', ...rows].join('\n')
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function exampleText({ title, message }: Example): string {
  return `${title}:\n\n\`\`\`json\n${JSON.stringify(message, null, 2)}\n\`\`\``
}
