/**
 * Listens for the keys that work everywhere and shows the palette or the keys' help, both loaded when first wanted.
 *
 * A key that something on the page has taken (`preventDefault`) means nothing here.
 */
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useEffectEvent, useRef } from 'react'

import { isTyping, meaningOf } from './shortcuts'

const Palette = lazy(() => import('./Palette').then((module) => ({ default: module.Palette })))
const KeyboardHelp = lazy(() => import('./KeyboardHelp').then((module) => ({ default: module.KeyboardHelp })))

export type Shown = 'palette' | 'help' | null

interface Props {
  shown: Shown
  show: (shown: Shown) => void
}

const LED_FOR = 1_200

export function PaletteHost({ shown, show }: Props) {
  const navigate = useNavigate()
  const ledUntil = useRef(0)
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    const meaning = meaningOf(
      {
        key: event.key,
        mod: event.ctrlKey || event.metaKey,
        alt: event.altKey,
        typing: isTyping(event.target),
      },
      event.timeStamp < ledUntil.current,
    )
    ledUntil.current = meaning.does === 'lead' ? event.timeStamp + LED_FOR : 0
    if (meaning.does === 'none' || meaning.does === 'lead') return
    if (meaning.does !== 'palette' && dialogIsOpen()) return
    event.preventDefault()
    if (meaning.does === 'go') void navigate({ to: meaning.to })
    else show(shown === meaning.does ? null : meaning.does)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
  const close = () => show(null)
  return (
    <Suspense>
      {shown === 'palette' && <Palette onClose={close} onHelp={() => show('help')} />}
      {shown === 'help' && <KeyboardHelp onClose={close} />}
    </Suspense>
  )
}

/** A dialog has the keyboard for itself. */
function dialogIsOpen(): boolean {
  return document.querySelector('[role=dialog],[role=alertdialog]') !== null
}
