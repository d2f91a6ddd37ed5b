/** The view of the graph that is shown, in which whatever looks the same as before is the same object. */
import { useMemo, useState } from 'react'

import { editView, type Around, type EditView } from '../../graph/edit/shape'
import { countsAt, troubleOf } from '../../graph/edit/troubles'
import { useTools } from '../tools'

export function useEditView(): EditView {
  const { editor, kinds, judged, tested } = useTools()
  const { definition, path, problems } = editor
  const troubles = useMemo(
    // Their places are those of the document that was judged, which may have gone on since.
    () => (judged ? problems.map((problem) => troubleOf(judged, problem)) : []),
    [judged, problems],
  )
  const around: Around = useMemo(
    () => ({ kinds, problems: countsAt(troubles, path), run: path.length === 0 ? tested : null }),
    [kinds, troubles, path, tested],
  )
  const [held, hold] = useState(() => ({
    definition,
    path,
    around,
    view: editView(definition, path, around),
  }))
  if (held.definition === definition && held.path === path && held.around === around) return held.view
  const view = editView(definition, path, around, held.view)
  hold({ definition, path, around, view })
  return view
}
