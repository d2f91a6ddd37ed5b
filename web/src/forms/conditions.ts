/**
 * `if a field is this, then…` in a schema: which fields are needed then, and which alone may stand there. Pure.
 *
 * A choice that isn't made yet, and must be, shows nothing of what follows from it.
 */
import type { Json } from '../api/types'
import { listOf, type Schema } from './model'
import { isObject } from './place'

export interface Rule {
  /** The field that chooses, and what it has to be. */
  by: string
  is: Json
  needs: readonly string[]
  /** No other field may be given then; null: any may. */
  only: readonly string[] | null
  /** Needed where it is something else. */
  otherwise: readonly string[]
}

export function rulesOf(schema: Schema): Rule[] {
  return [schema, ...listOf(schema['allOf'])].flatMap((rule) => {
    if (!isObject(rule) || !isObject(rule['if']) || !isObject(rule['then'])) return []
    const [given] = Object.entries(isObject(rule['if']['properties']) ? rule['if']['properties'] : {})
    if (!given || !isObject(given[1]) || given[1]['const'] === undefined) return []
    const { then, else: otherwise } = rule
    const names = isObject(then['propertyNames']) ? then['propertyNames']['enum'] : undefined
    return {
      by: given[0],
      is: given[1]['const'],
      needs: listOf(then['required']).map(String),
      only: Array.isArray(names) ? names.map(String) : null,
      otherwise: isObject(otherwise) ? listOf(otherwise['required']).map(String) : [],
    }
  })
}

/** Whether a field means something beside what is chosen. `chooses`: the fields that must be given anyway. */
export function fits(
  rules: readonly Rule[],
  name: string,
  value: Schema,
  chooses: ReadonlySet<string>,
): boolean {
  const others = rules.filter(({ by }) => by !== name && !isTemplated(value[by]))
  const closed = others.filter(({ only }) => only !== null)
  if (closed.some(({ by }) => value[by] === undefined && chooses.has(by))) return false
  if (closed.some((rule) => applies(rule, value) && !rule.only?.includes(name))) return false
  const needing = others.filter(({ only, needs }) => only === null && needs.includes(name))
  return chooses.has(name) || needing.length === 0 || needing.some((rule) => applies(rule, value))
}

export function isNeeded(rules: readonly Rule[], name: string, value: Schema): boolean {
  return rules.some((rule) => (applies(rule, value) ? rule.needs : rule.otherwise).includes(name))
}

/** The value without what may not stand beside the choice that was just made. */
export function pruned(rules: readonly Rule[], by: string, value: Schema): Schema {
  const only = rules.find((rule) => rule.by === by && applies(rule, value))?.only
  if (!only) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => only.includes(name)))
}

function applies({ by, is }: Rule, value: Schema): boolean {
  return value[by] === is
}

function isTemplated(value: Json | undefined): boolean {
  return typeof value === 'string' && value.includes('{{')
}
