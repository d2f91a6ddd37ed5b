/** What every part of the editor's frame and canvas works with; the pieces inside get `editor` alone. */
import { createContext, use } from 'react'

import type { Definition, Run } from '../api/types'
import type { Kinds } from '../graph/edit/kinds'
import type { EditorState } from './contract'
import type { Looks } from './looks'
import type { Saving } from './save/useSave'
import type { Session, Step } from './session'

export interface Tools {
  session: Session
  act: (step: Step) => void
  kinds: Kinds
  editor: EditorState
  looks: Looks
  look: (next: Partial<Looks>) => void
  narrow: boolean
  checking: boolean
  /** The document that the problems are about; null before the first answer. */
  judged: Definition | null
  /** The run whose states lie over the canvas: a test's. */
  tested: Run | null
  onRun: (run: Run | null) => void
  saving: Saving
}

export const ToolsContext = createContext<Tools | null>(null)

export function useTools(): Tools {
  const tools = use(ToolsContext)
  if (!tools) throw new Error('This part stands inside of the editor only')
  return tools
}
