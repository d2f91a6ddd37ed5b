/**
 * How a scalar's text is written: as the library does it, but in escaped double quotes where it holds characters that
 * one YAML parser takes for a line's end, or refuses, and another doesn't.
 */
import type { Scalar, ScalarTag, Tags } from 'yaml'

const TEXT = 'tag:yaml.org,2002:str'
/** What isn't seen, but for spaces and line ends. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu
const UNSEEN_IN_LINES = /[^\P{Cc}\n\t]|[\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/u

export function isText(tag: Tags[number]): tag is ScalarTag {
  return typeof tag === 'object' && tag.tag === TEXT
}

export function holdsUnseen(text: string): boolean {
  return UNSEEN_IN_LINES.test(text)
}

/** The library's tag for texts, with the escapes. */
export function withEscapes(tag: ScalarTag): ScalarTag {
  const { stringify } = tag
  return {
    ...tag,
    stringify: (item, context, ...rest) => {
      const text = String(item.value)
      if (holdsUnseen(text) || !stringify) return escaped(text)
      const kept = context.inFlow || context.implicitKey ? null : keptBlock(item, context.indent)
      return kept ?? stringify(item, context, ...rest)
    },
  }
}

/** A folded block in the lines that it was written in; the library would fold it elsewhere. Nodes are never changed. */
function keptBlock(item: Scalar, indent: string): string | null {
  const token = item.srcToken
  if (item.type !== 'BLOCK_FOLDED' || token?.type !== 'block-scalar' || indent === '') return null
  const [header, ...others] = token.props.filter(({ type }) => type !== 'space' && type !== 'newline')
  if (header?.type !== 'block-scalar-header' || others.length > 0 || !/^>-?$/.test(header.source)) return null
  const lines = token.source.replace(/\s+$/, '').split('\n')
  const own = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)))
  return [header.source, ...lines.map((line) => (line.trim() ? indent + line.slice(own) : ''))].join('\n')
}

function escaped(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (found) => {
    const code = found.codePointAt(0) ?? 0
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
