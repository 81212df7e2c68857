import type { Declaration } from './declarations.ts'

/** One export as Markdown. */
export function apiText({ name, comment, code, members }: Declaration): string {
  const isShort = members.length > 0 || !code.includes('\n')
  const shown = isShort
    ? `\`${code.replace(/^export (?:declare )?/, '')}\``
    : `\`\`\`ts\n${code.replace(/^export (?:declare )?/, '')}\n\`\`\``
  return [`### ${name}`, shown, commentText(comment), ...members.map(memberText)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function memberText({ name, comment, code }: Declaration): string {
  if (!code.includes('\n')) return `- \`${code}\`${comment === '' ? '' : `\\\n  ${indented(commentText(comment))}`}`
  return `- \`${name}\`${comment === '' ? '' : `\\\n  ${indented(commentText(comment))}`}\n\n  \`\`\`ts\n  ${indented(code)}\n  \`\`\``
}

function indented(text: string): string {
  return text.replaceAll(/\n(?=.)/g, '\n  ')
}

/** Links become names; tags become a list. */
function commentText(comment: string): string {
  return comment
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(
      /^@(param|throws|returns)(?: ([\s\S]+?))?(?=\n@|$(?![\s\S]))/gm,
      (_, tag: string, text = '') => `- **${tag}** ${text.replaceAll(/\s+/g, ' ').trim()}`,
    )
    .replaceAll(/([^\n])\n(- \*\*)/g, '$1\n$2')
}
