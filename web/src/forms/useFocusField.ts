/** Puts the cursor into the field of a path, as soon as it is drawn: folds open and editors load first. */
import { useEffect, type RefObject } from 'react'

const CONTROL = 'input, textarea, select, .cm-content, [role="switch"], [aria-haspopup]'
const PATIENCE = 40

export function useFocusField(form: RefObject<HTMLElement | null>, path: string | null): void {
  useEffect(() => {
    if (path === null) return
    let tries = 0
    let frame = requestAnimationFrame(function look() {
      const field = nearest(form.current, path)
      const control = field && (labelled(field) ?? field.querySelector<HTMLElement>(CONTROL))
      tries += 1
      if (control && !field.querySelector('[aria-busy]')) {
        control.focus({ preventScroll: true })
        field.scrollIntoView({ block: 'center' })
      } else if (tries < PATIENCE) {
        frame = requestAnimationFrame(look)
      }
    })
    return () => cancelAnimationFrame(frame)
  }, [form, path])
}

/** What the label is of: beside the label stand toggles, which come before it. */
function labelled(field: HTMLElement): HTMLElement | null {
  const label = field.querySelector<HTMLLabelElement>('label[for]')
  return label && document.getElementById(label.htmlFor)
}

/** The field itself, or the innermost one around it that is drawn. */
function nearest(form: HTMLElement | null, path: string): HTMLElement | null {
  for (let at = path; form && at !== ''; at = shorter(at)) {
    const found = form.querySelector<HTMLElement>(`[data-path="${CSS.escape(at)}"]`)
    if (found) return found
  }
  return null
}

function shorter(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0))
}
