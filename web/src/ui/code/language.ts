/** The languages of code fields. Expressions and templates are read token by token: CEL needs no more to be coloured. */
import { json } from '@codemirror/lang-json'
import { python } from '@codemirror/lang-python'
import { yaml } from '@codemirror/lang-yaml'
import { StreamLanguage, type StringStream } from '@codemirror/language'
import { RangeSetBuilder, type Extension } from '@codemirror/state'
import {
  Decoration,
  ViewPlugin,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'

import { slotsOf } from './slots'
import type { CodeLanguage } from './types'

const TOKENS: readonly [RegExp, string][] = [
  [/^\s+/, ''],
  [/^\/\/.*/, 'comment'],
  [/^[rRbB]{0,2}"(?:[^"\\]|\\.)*"?/, 'string'],
  [/^[rRbB]{0,2}'(?:[^'\\]|\\.)*'?/, 'string'],
  [/^(?:\d+\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?/, 'number'],
  [/^(?:true|false|null)\b/, 'atom'],
  [/^in\b/, 'keyword'],
  [/^[A-Za-z_]\w*(?=\s*\()/, 'call'],
  [/^[A-Za-z_]\w*/, 'variableName'],
  [/^(?:&&|\|\||[=!<>]=|[-+*/%!<>?:])/, 'operator'],
]

function token(stream: StringStream): string | null {
  const start = stream.pos
  if (start > 0 && stream.string.charAt(start - 1) === '.' && stream.match(/^[A-Za-z_]\w*(?!\s*\(|\w)/)) {
    return 'propertyName'
  }
  for (const [pattern, name] of TOKENS) {
    if (stream.match(pattern)) return name || null
  }
  stream.next()
  return null
}

/** The name of a function has no name of its own among the tokens. */
const TABLE = { tokenTable: { call: tags.function(tags.variableName) } }

const expression = StreamLanguage.define({ name: 'expression', token, ...TABLE })

const template = StreamLanguage.define({
  name: 'template',
  token(stream) {
    // Slots are looked for in the line: what spans lines is coloured in its first.
    const slot = slotsOf(stream.string).find(({ to }) => to > stream.pos)
    if (!slot) {
      stream.skipToEnd()
      return null
    }
    if (stream.pos < slot.from) {
      stream.pos = slot.from
      return null
    }
    if (stream.pos < slot.inner.from) {
      stream.pos = slot.inner.from
      return 'brace'
    }
    if (stream.pos >= slot.inner.to) {
      stream.pos = slot.to
      return 'brace'
    }
    return token(stream)
  },
  ...TABLE,
})

const slotMark = Decoration.mark({ class: 'cm-slot' })

function slotDecorations(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  for (const slot of slotsOf(view.state.doc.toString())) builder.add(slot.from, slot.to, slotMark)
  return builder.finish()
}

const slots = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = slotDecorations(view)
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = slotDecorations(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)

export function languageOf(language: CodeLanguage): Extension {
  switch (language) {
    case 'json':
      return [json(), slots]
    case 'yaml':
      return yaml()
    case 'python':
      return python()
    case 'expression':
      return expression
    case 'template':
      return [template, slots]
    case 'text':
      return []
  }
}
