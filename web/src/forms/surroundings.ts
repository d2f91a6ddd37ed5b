/** What a form stands in: its problems, the names that its expressions can read, and the data they are tried with. */
import { createContext, use } from 'react'

import type { Trial } from '../api/expressions'
import type { ProblemEntry } from '../api/types'
import type { Name } from '../expressions/names'
import type { Extra } from '../expressions/scope'

export interface Surroundings {
  problems: readonly ProblemEntry[]
  /** The place that was gone to: folds around it are open. */
  focus: string | null
  names: (extra: Extra) => Name[]
  /** Null: there is no data to try expressions with. */
  trial: Trial | null
  /** The fields take fixed values only: no expressions. */
  fixed?: boolean
  /** What is confidential and left empty stays as it is. */
  kept?: boolean
  /** Enters the body of the node that the form is of. */
  body?: { nodes: number; enter: (() => void) | null }
}

const NOTHING: Surroundings = { problems: [], focus: null, names: () => [], trial: null }

export const SurroundingsContext = createContext<Surroundings>(NOTHING)

export function useSurroundings(): Surroundings {
  return use(SurroundingsContext)
}
