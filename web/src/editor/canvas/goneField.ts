/**
 * Notices when a field of the inspector goes away with the focus in it: a key pressed right then was meant for the field,
 * and is no command. It is over as soon as something is focused or pointed at, or with Escape.
 */
import { isTyping } from '../../ui/palette/shortcuts'

let field: Element | null = null

/** Answers how to stop. */
export function watchFields(page: Document): () => void {
  const focused = ({ target }: Event) => {
    const typed = target instanceof Element && isTyping(target) && target.closest('[data-inspector]') !== null
    field = typed ? target : null
  }
  const forget = () => {
    field = null
  }
  const pointed = ({ target }: Event) => {
    if (!(target instanceof Node && field?.contains(target))) forget()
  }
  const escape = ({ key }: KeyboardEvent) => {
    if (key === 'Escape' && fieldIsGone()) forget()
  }
  page.addEventListener('focusin', focused)
  page.addEventListener('pointerdown', pointed, true)
  page.addEventListener('keydown', escape, true)
  return () => {
    forget()
    page.removeEventListener('focusin', focused)
    page.removeEventListener('pointerdown', pointed, true)
    page.removeEventListener('keydown', escape, true)
  }
}

export function fieldIsGone(): boolean {
  return field !== null && !field.isConnected && field.ownerDocument.activeElement === document.body
}
