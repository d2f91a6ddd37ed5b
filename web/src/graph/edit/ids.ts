/** Ids of nodes: what may be one, and new ones that nothing in the document has. */
import type { Definition } from '../../api/types'
import { everyNode } from './document'

const ID = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/
const LONGEST = 63
/** The language of expressions can't select these after a dot. */
const WORDS = new Set(['true', 'false', 'null', 'in'])

export function idsOf(definition: Definition): Set<string> {
  return new Set(everyNode(definition).map(({ node }) => node.id))
}

/** Why a text can't be the id of a node, or null. */
export function faultOfId(id: string): string | null {
  if (id === '') return 'A node needs an id.'
  if (!ID.test(id)) return 'Only letters, digits and _, at most 63, and no digit first.'
  if (WORDS.has(id)) return `"${id}" is a word of the expression language; choose another id.`
  return null
}

/** `email.send` → `email_send`, `mail`, `mail_2`: the wish itself if it is free, else with the next number. */
export function freshId(wish: string, taken: ReadonlySet<string>): string {
  const plain = wish.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '')
  const letters = ID.test(plain.slice(0, LONGEST)) ? plain : `n_${plain}`
  const base = (WORDS.has(letters) ? `${letters}_` : letters).slice(0, LONGEST)
  if (!taken.has(base)) return base
  const stem = base.replace(/_\d+$/, '')
  for (let number = 2; ; number += 1) {
    const id = `${stem.slice(0, LONGEST - 1 - String(number).length)}_${number}`
    if (!taken.has(id)) return id
  }
}
