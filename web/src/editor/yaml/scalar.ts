/**
 * What a plain scalar means, by the server's own rules (YAML 1.2's core schema): only `true` and `false` are booleans,
 * dates stay text, `010` is ten. Every other scalar is text. And when a text may stand plain, without quotes.
 */
import { float, integer } from '../../api/exactJson'
import type { Json } from '../../api/types'

export interface Meaning {
  value: Json
  /** How JSON writes the number, where it can't say so itself. */
  written?: string | null
  problem?: string
}

const NULL = new Set(['', '~', 'null', 'Null', 'NULL'])
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
}
const INTEGER = /^([-+]?)([0-9]{1,40})$/
const BASED = /^0o[0-7]{1,40}$|^0x[0-9a-fA-F]{1,40}$/
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

export function meaningOf(text: string): Meaning {
  if (NULL.has(text)) return { value: null }
  if (Object.hasOwn(BOOLEANS, text)) return { value: BOOLEANS[text] === true }
  return number(text) ?? { value: text }
}

function number(text: string): Meaning | null {
  const found = INTEGER.exec(text)
  if (found ?? BASED.test(text)) {
    const digits = found ? BigInt(found[2] ?? '') * (found[1] === '-' ? -1n : 1n) : BigInt(text)
    return integer(digits) ?? { value: null, problem: 'an integer outside 64 bits; put it in quotes' }
  }
  if (NOT_FINITE.test(text)) return { value: null, problem: `${text} is not a finite number` }
  if (!FLOAT.test(text)) return null
  return float(text) ?? { value: null, problem: `${text.slice(0, 100)} is not a finite number` }
}

/** What YAML 1.1 takes for something else: many tools still read by it, so that it is quoted in what is written here. */
const OLD_WORDS = /^(?:yes|no|on|off)$/i
const OLD_NUMBERS = /^[-+]?[0-9][0-9_]*(?:[.:][0-9_:.]*)?$|^\d{4}-\d\d?-\d\d?/
/** Begins harmlessly and holds nothing that could end it, in a list or mapping on one line either. */
const HARMLESS = /^[\p{L}\p{N}_/$][^\p{C}\p{Z}:#,[\]{}"'`\\?|]*$/u
const HARMLESS_LINE = /^[\p{L}\p{N}_/$](?:[^\p{C}\p{Z}#`\\:]| (?![ #:?-]|$)|:(?![ ]|$))*$/u

/** Whether a text is read as itself without quotes. `inFlow`: in a list or mapping on one line. */
export function mayBePlain(text: string, inFlow: boolean): boolean {
  if (meaningOf(text).value !== text || OLD_WORDS.test(text) || OLD_NUMBERS.test(text)) return false
  const words = inFlow ? text.split(' ').every((word) => HARMLESS.test(word)) : HARMLESS_LINE.test(text)
  return words && !/^(?:---|\.\.\.)/.test(text)
}
